"""Settings of the chat brain."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.server.brains.chat.settings import ChatSettings

URL = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RTNB_CHAT_URL", "RTNB_CHAT_MODEL", "RTNB_CHAT_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("url", "nowhere"),
        ("model", " "),
        ("model", None),
        ("key", "two words"),
        ("key", "line\nbreak"),
        ("key", 7),
        ("timeout_s", 0),
        ("timeout_s", math.nan),
        ("timeout_s", "60"),
        ("stall_s", -1),
        ("total_s", 0),
        ("thinks", 1),
        ("connect_s", True),
        ("temperature", 2.1),
        ("temperature", -0.1),
        ("max_tokens", 0),
        ("max_tokens", 1.5),
        ("context_tokens", True),
        ("max_tokens_member", "tokens"),
        ("extra", {"stream": False}),
        ("extra", {"messages": []}),
        ("extra", {"bias": math.inf}),
        ("extra", {"bias": object()}),
        ("extra", {7: 7}),
        ("extra", ["seed"]),
        ("template", "no-such-file.md"),
        ("template", "{{instruction}}"),
        ("template", ""),
    ],
)
def test_what_cannot_be_used_is_named(member: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        ChatSettings(**{"url": URL, "model": "m"} | {member: value})
    assert not {"two words", "break"} & {str(caught.value)}
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ChatSettings(url=URL, model="m", key="hunter2hunter2")
    assert "hunter2" not in repr(settings)
    assert settings.secret == "hunter2hunter2"
    monkeypatch.setenv("RTNB_CHAT_KEY", "hunter2 and more")
    with pytest.raises(ConfigError) as caught:
        _ = ChatSettings(url=URL, model="m").secret
    assert "hunter2" not in str(caught.value)


def test_the_key_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ChatSettings(url=URL, model="m")
    assert settings.secret is None
    monkeypatch.setenv("RTNB_CHAT_KEY", " from-the-environment ")
    assert settings.secret == "from-the-environment"
    assert dataclasses.replace(settings, key="").secret is None


def test_the_address_and_the_model_may_be_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"RTNB_CHAT_URL .*--chat-url.*ChatBrain\(url="):
        ChatSettings.from_environment()
    monkeypatch.setenv("RTNB_CHAT_URL", URL)
    with pytest.raises(ConfigError, match=r"RTNB_CHAT_MODEL .*--chat-model"):
        ChatSettings.from_environment(timeout_s=5)
    monkeypatch.setenv("RTNB_CHAT_MODEL", "llama3.2")
    settings = ChatSettings.from_environment(url=None, temperature=None, timeout_s=5)
    assert (settings.url, settings.model, settings.timeout_s) == (URL, "llama3.2", 5)
    assert ChatSettings.from_environment(model="other").model == "other"
    with pytest.raises(ConfigError, match=r"no setting 'timeout'.*timeout_s"):
        ChatSettings.from_environment(timeout=5)


def test_a_template_is_a_file_or_a_text(tmp_path: Path) -> None:
    file = tmp_path / "voice.md"
    file.write_text("Speak Latin. {{instructions}}")
    for given in (file, str(file), "Speak Latin. {{instructions}}"):
        assert ChatSettings(url=URL, model="m", template=given).prompt().render() == "Speak Latin."
