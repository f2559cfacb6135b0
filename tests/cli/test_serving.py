"""``rtnb serve``, in processes of its own where it really serves."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.chat_endpoint import ChatEndpoint, says
from support.command import shell
from support.replays import heard_live, predicted
from support.wire import Wire

from rtnb.cli import main
from rtnb.vad import load_engine, load_tuning


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands that run in this process set up its logging."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    loggers = {name: logging.getLogger(name) for name in ("rtnb", "uvicorn", "uvicorn.error", "uvicorn.access")}
    levels = {name: (logger.level, logger.propagate, logger.handlers[:]) for name, logger in loggers.items()}
    yield
    root.handlers[:] = handlers
    for name, logger in loggers.items():
        logger.level, logger.propagate, logger.handlers[:] = levels[name]
        logger.setLevel(logger.level)


@contextmanager
def serving(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server in a process of its own, and what its ready file says."""
    ready = folder / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "RTNB_VOICE": "tone", **environment},
    )
    try:
        for _ in range(400):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        assert ready.exists(), process.communicate()[0]
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)])
def test_serve_runs_alone_and_ends_when_told(tmp_path: Path, number: signal.Signals, status: int) -> None:
    with serving(tmp_path, "--api-key", "sesame") as (process, facts):
        assert facts["pid"] == process.pid and facts["url"] == f"ws://127.0.0.1:{facts['port']}/v1/realtime"
        with Wire(facts["url"], key="sesame") as wire:
            assert wire.next()["type"] == "session.created"
            process.send_signal(number)
            assert wire.closing() == (1001, "The server is shutting down.")
        output, _ = process.communicate(timeout=30)
        assert process.returncode == status, output
    line, *rest = output.splitlines()
    assert facts["url"] in line and "with the key that it was given" in line
    assert all(told.startswith("rtnb: ") for told in rest) and any("plain tones" in told for told in rest)
    assert "sesame" not in output and "Traceback" not in output
    assert not (tmp_path / "ready.json").exists()


def test_serve_takes_its_key_from_the_environment_and_limits_from_options(tmp_path: Path) -> None:
    options = ("--sessions", "1", "--beta", "reject", "--strict-models", "--session-minutes", "0.02")
    with serving(tmp_path, *options, RTNB_API_KEY="sesame") as (_, facts):
        with Wire(facts["url"], key="other") as wire:
            assert wire.next()["error"]["code"] == "invalid_api_key"
        with Wire(facts["url"], key="sesame", headers={"OpenAI-Beta": "realtime=v1"}) as wire:
            assert wire.next()["error"]["code"] == "beta_api_shape_disabled"
        with Wire(facts["url"], key="sesame", model="gpt-realtime-9") as wire:
            assert wire.next()["error"]["code"] == "invalid_model"
        with Wire(facts["url"], key="sesame") as first, Wire(facts["url"], key="sesame") as second:
            assert first.next()["type"] == "session.created"
            assert second.next()["error"]["code"] == "session_limit_exceeded"
            assert first.until("error")["error"]["code"] == "session_expired"


def test_serve_takes_a_brain_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "brain.py").write_text(
        "from rtnb.server.brains import Say\nasync def brain(request):\n    yield Say('Forty-two.')\n"
    )
    options = ("--brain", f"{tmp_path / 'brain.py'}:brain", "--realtime-factor", "0", "--tokens-per-minute", "77000")
    with serving(tmp_path, *options) as (_, facts), Wire(facts["url"]) as wire:
        wire.next()
        wire.say("What is the answer?")
        wire.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
        output = wire.until("response.done")["response"]["output"]
        wire.until("rate_limits.updated")
    rates = next(event["rate_limits"] for event in wire.seen if event["type"] == "rate_limits.updated")
    assert {rate["name"]: rate["limit"] for rate in rates}["tokens"] == 77_000
    assert output[0]["content"][0]["text"] == "Forty-two."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--host", "0.0.0.0"), "--api-key"),
        (("--port", "70000"), "a port is a number"),
        (("--latency-ms", "-1"), "a number from 0"),
        (("--realtime-factor", "nan"), "a number from 0"),
        (("--session-minutes", "0"), "a number above 0"),
        (("--sessions", "none"), "a whole number"),
        (("--tokens-per-minute", "0"), "a whole number"),
        (("--tier", "gold"), "'gold' is no tier"),
        (("--beta", "maybe"), "invalid choice"),
        (("--brain", "script:nowhere.yaml"), "nowhere.yaml"),
        (("--brain", "mine.py"), "name the callable: mine.py:answer"),
        (("--prompts", "nowhere"), "'nowhere' is none"),
        (
            ("--ready-file", "nowhere/ready.json"),
            "--ready-file cannot be written: the folder of 'nowhere/ready.json' does not exist.",
        ),
        (("--ready-file", "."), "--ready-file takes a file, and '.' is a folder."),
        (("--host", ""), "--host: this takes an address to listen on"),
        (("--workers", "0"), "a whole number from 1 to 64"),
        (("--workers", "65"), "a whole number from 1 to 64"),
        (("--drain-s", "-1"), "a number from 0"),
        (("--mcp", "maybe"), "invalid choice"),
        (("--mcp-timeout-s", "0"), "a number above 0"),
        (("--mcp-allow", ""), "this is empty"),
        (("--log-level", "loud"), "invalid choice"),
        (("--metrics", "maybe"), "invalid choice"),
        (("--chat-temperature", "3"), "a number from 0 to 2"),
        (("--chat-context-tokens", "0"), "a whole number from 1"),
        (("--chat-key", "sk-secret"), "set RTNB_CHAT_KEY in the environment instead"),
        (("--brain", "chat"), "RTNB_CHAT_URL"),
        (("--brain", "chat", "--chat-url", "http://127.0.0.1:9"), "RTNB_CHAT_MODEL"),
        (
            ("--chat-model", "llama3.2"),
            "--chat-model is about a language model, and --brain is demo: add --brain chat, or leave it out.",
        ),
        (
            ("--brain", "chat", "--chat-url", "ftp://x", "--chat-model", "m"),
            "ftp://x",
        ),
        (
            ("--brain", "chat", "--chat-url", "http://x", "--chat-model", "m", "--chat-template", "nowhere.md"),
            "nowhere.md",
        ),
        (("--mcp", "off", "--mcp-allow", "https://x"), "--mcp off calls none"),
        (("--mcp", "off", "--mcp-timeout-s", "3"), "--mcp off calls none"),
        (("--voice", "tone", "--tts", "hibari-heart"), "--voice tone loads none"),
        (("--voice", "tone", "--ear", "auto"), "--voice tone loads none"),
        (("--tier", "current", "--sessions", "3"), "leave one of them out"),
        (("--ear", "elephant"), "elephant"),
        (("--tts", "parrot"), "parrot"),
        (("--detector", "lag=3"), "'lag' cannot be changed"),
        (("--detector", "nowhere.json"), "no detector file 'nowhere.json'"),
        (("--faults", "nowhere.yaml"), "nowhere.yaml"),
        (("--api-key", ""), "--api-key: the key is empty"),
        (("--api-key", " "), "--api-key: the key is empty"),
    ],
)
def test_what_serve_cannot_do_is_said_in_a_line(
    arguments: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for name in ("RTNB_API_KEY", "RTNB_CHAT_URL", "RTNB_CHAT_MODEL", "RTNB_CHAT_KEY", "RTNB_VOICE"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["serve", "--port", "0", *arguments])
    except SystemExit as ended:
        status = int(ended.code or 0)
    err = capsys.readouterr().err
    assert status in (1, 2) and told in err.splitlines()[-1], err
    assert "sk-secret" not in err


def test_the_help_of_serve_says_how_to_use_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) < 80
    text = " ".join(shown.split())
    for word in (
        "--ready-file",
        "RTNB_API_KEY",
        "RTNB_CHAT_KEY",
        "RTNB_SECRET_KEYS",
        "SIGTERM",
        "ws://127.0.0.1:8765/v1/realtime",
        "--events-per-second",
        "--tokens-per-minute",
        "which hold {{name}}",
        '"Scenarios" in docs/guides/testing_agents.md',
    ):
        assert word in text
    assert "--chat-key" not in text


@pytest.mark.parametrize("how", ["line", "file"])
def test_an_altered_detector_is_told_and_does_what_is_predicted_of_it(tmp_path: Path, how: str) -> None:
    line = "hysteresis=0.1,lag_ms=120,end_lag_ms=40,threshold=0.5:0.62"
    tuning = load_tuning(line)
    (tmp_path / "secret.json").write_text(json.dumps({**tuning.to_dict(), "name": "secret"}))
    spec = line if how == "line" else str(tmp_path / "secret.json")
    with serving(tmp_path, "--detector", spec) as (process, facts):
        heard = heard_live(facts["url"], None, chunk_ms=60)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    engine = load_engine("energy")
    assert heard == predicted(engine, tuning) != predicted(engine, None)
    assert f"rtnb: detector {'altered' if how == 'line' else 'secret'} (hysteresis=0.1,lag_ms=120.0," in output


def test_a_language_model_answers_and_its_key_is_seen_nowhere(tmp_path: Path) -> None:
    with ChatEndpoint(says("It is sunny.")) as endpoint:
        options = ("--brain", "chat", "--chat-url", endpoint.url, "--chat-model", "llama3.2", "--log-level", "debug")
        with serving(tmp_path, *options, RTNB_CHAT_KEY="sk-chat-secret") as (process, facts):
            with Wire(facts["url"]) as wire:
                wire.next()
                wire.say("What is the weather like?")
                wire.send({"type": "response.create", "response": {"output_modalities": ["text"]}})
                output = wire.until("response.done")["response"]["output"]
            process.send_signal(signal.SIGTERM)
            told, _ = process.communicate(timeout=30)
        assert endpoint.asked[0].headers["authorization"] == "Bearer sk-chat-secret"
    assert output[0]["content"][0]["text"] == "It is sunny."
    assert "rtnb: brain chat" in told and "sk-chat-secret" not in told


def test_workers_share_the_port_and_the_ready_file(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", "--api-key", "sesame") as (process, facts):
        with Wire(facts["url"], key="sesame") as one, Wire(facts["url"], key="sesame") as two:
            assert {wire.next()["type"] for wire in (one, two)} == {"session.created"}
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and facts["pid"] == process.pid
    assert told.count("rtnb serves the Realtime API") == 1 and "rtnb: 2 workers" in told
    assert not (tmp_path / "ready.json").exists()


def test_logs_and_record_are_wired(tmp_path: Path) -> None:
    options = ("--log-format", "json", "--log-level", "info", "--record", str(tmp_path / "recorded"))
    with serving(tmp_path, *options, "--api-key", "sesame") as (process, facts):
        with Wire(facts["url"], key="sesame") as wire:
            session = wire.next()["session"]["id"]
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert any(line.get("session") == session for line in lines), output
    assert "sesame" not in output and any((tmp_path / "recorded").iterdir())


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = shell("serve", "--port", str(taken.getsockname()[1]), RTNB_VOICE="tone")
    assert done.status != 0
    assert "Traceback" not in done.err and "in use" in done.err
