"""From arguments to the options of a server, without one."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from rtnb.cli.serve_arguments import add_arguments
from rtnb.cli.serve_options import made_of, options_of, secrets_of
from rtnb.server import Options
from rtnb.vad import DetectorTuning


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment."""
    for name in ("API_KEY", "SECRET_KEYS", "CHAT_KEY", "CHAT_URL", "CHAT_MODEL", "EAR", "TTS"):
        monkeypatch.delenv(f"RTNB_{name}", raising=False)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def options(*arguments: str) -> Options:
    return options_of(parsed(*arguments))


def test_without_arguments_they_are_as_usual() -> None:
    made, usual = options("--metrics", "off"), Options()
    for name in Options.__dataclass_fields__:
        if name != "brain":
            assert getattr(made, name) == getattr(usual, name), name
    assert made.brain.name == usual.brain.name and made_of(made, workers=1) == ""


def test_chat_is_wired() -> None:
    given = ("--chat-url", "http://127.0.0.1:9/v1", "--chat-model", "llama3.2", "--chat-timeout-s", "7")
    more = ("--chat-temperature", "0.3", "--chat-context-tokens", "8000")
    brain = options("--brain", "chat", *given, *more).brain
    settings = brain.settings  # type: ignore[attr-defined]
    assert (settings.url, settings.model, settings.timeout_s) == ("http://127.0.0.1:9/v1", "llama3.2", 7)
    assert (settings.temperature, settings.context_tokens) == (0.3, 8000)


def test_mcp_is_wired() -> None:
    assert options().mcp.enabled and options().mcp.private
    assert not options("--mcp", "off").mcp.enabled
    policy = options("--mcp-allow", "https://a.example", "--mcp-allow", "b.example", "--mcp-timeout-s", "3").mcp
    assert policy.allow == ("https://a.example", "b.example")
    assert (policy.list_timeout_s, policy.call_timeout_s) == (3, 3)


@pytest.mark.parametrize(
    ("arguments", "private"),
    [
        ((), True),
        (("--host", "localhost"), True),
        (("--host", "::1"), True),
        (("--host", "0.0.0.0"), False),
        (("--host", "0.0.0.0", "--mcp-allow", "10.0.0.7"), True),
    ],
)
def test_strangers_are_led_nowhere_within_this_network(arguments: tuple[str, ...], private: bool) -> None:
    assert options(*arguments).mcp.private is private


def test_the_detector_ears_and_voice_are_wired() -> None:
    made = options("--detector", "lag_ms=120", "--ear", "none", "--tts", "tone")
    assert (made.tuning, made.ear, made.tts) == (DetectorTuning(lag_ms=120), "none", "tone")
    assert made_of(made, workers=3) == "ear none, voice tone, detector altered (lag_ms=120.0), 3 workers"


def test_keys_come_from_the_environment_and_are_known_as_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_API_KEY", "sesame")
    monkeypatch.setenv("RTNB_SECRET_KEYS", f" {'a' * 32}, {'b' * 32},")
    monkeypatch.setenv("RTNB_CHAT_KEY", "sk-chat")
    made = options("--drain-s", "5")
    assert (made.api_key, made.secret_keys, made.drain_s) == ("sesame", ("a" * 32, "b" * 32), 5)
    assert options("--api-key", "other").api_key == "other"
    assert set(secrets_of(parsed("--api-key", "other"))) == {"other", "sesame", "a" * 32, "b" * 32, "sk-chat"}
    assert "sesame" not in repr(made) and "aaaa" not in repr(made)


def test_faults_of_a_scenario_and_of_a_file_are_wired(tmp_path: Path) -> None:
    assert options().faults is None
    scenario = tmp_path / "s.yaml"
    scenario.write_text("rules:\n  - on: {any: true}\n    say: One.\n")
    assert options("--brain", f"script:{scenario}").faults is None


def test_a_recorder_makes_its_folder(tmp_path: Path) -> None:
    made = options("--record", str(tmp_path / "recorded"), "--metrics", "off")
    assert len(made.watchers) == 1 and (tmp_path / "recorded").is_dir()
