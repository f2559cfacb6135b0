"""Probes of a real server: alive, ready, and who is told what."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from support.wire import Wire

import rtnb
from rtnb.errors import ModelError
from rtnb.server.watch.health import Health
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.vad import load_engine


def loader(*, missing: tuple[str, ...] = (), wait: threading.Event | None = None) -> VoiceLoader:
    def load(progress: object) -> VoiceStack:
        if wait is not None:
            wait.wait(20)
        return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"), missing)

    return VoiceLoader(load)


def broken() -> VoiceLoader:
    def load(progress: object) -> VoiceStack:
        raise ModelError("no weights")

    return VoiceLoader(load)


def health(voices: VoiceLoader, *, draining: bool = False) -> Health:
    return Health(voices, sessions=lambda: 3, draining=lambda: draining)


def loaded(voices: VoiceLoader) -> VoiceLoader:
    assert voices.start().ready.wait(20)
    return voices


def test_the_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RTNB_VOICE", raising=False)
    states = [
        (health(loader()), ("ok", "loading"), (True, False)),
        (health(loaded(loader())), ("ok", "ready"), (True, True)),
        (health(loaded(loader(missing=("No voice.",)))), ("ok", "missing"), (True, True)),
        (health(loaded(broken())), ("failed", "failed"), (False, False)),
        (health(loaded(loader()), draining=True), ("draining", "ready"), (True, False)),
    ]
    for found, (status, voices), (alive, ready) in states:
        assert found.brief() == {"status": status, "voices": voices}
        assert (found.alive, found.ready) == (alive, ready)
    monkeypatch.setenv("RTNB_VOICE", "tone")
    assert health(loaded(loader(missing=("Asked for.",)))).voices == "ready"


def test_what_it_consists_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_WORKER", "2")
    told = health(loaded(loader(missing=("No voice.",)))).full()
    assert told["synthesizer"] == "tone" and told["missing"] == ["No voice."]
    assert (told["sessions"], told["worker"], told["pid"]) == (3, 2, os.getpid())
    assert told["version"] == rtnb.__version__ and told["uptime_s"] >= 0
    assert "synthesizer" not in health(loaded(broken())).full()


def test_a_server_is_ready_once_its_voices_are(watched: Any) -> None:
    wait = threading.Event()
    server = watched(voices=loader(wait=wait))
    assert server.get("/healthz").status_code == 200
    answer = server.get("/readyz")
    assert (answer.status_code, answer.json()["voices"]) == (503, "loading")
    wait.set()
    assert server.server.voices.ready.wait(20)
    answer = server.get("/readyz")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    with Wire(server.url) as wire:
        wire.next()
        assert server.get("/healthz").json()["sessions"] == 1


def test_a_server_whose_voices_fail_says_so(watched: Any) -> None:
    server = watched(voices=loaded(broken()))
    for path in ("/healthz", "/readyz"):
        answer = server.get(path)
        assert answer.status_code == 503 and answer.json()["status"] == "failed"
        assert "no weights" not in answer.text


def test_details_are_for_those_with_the_key(watched: Any) -> None:
    server = watched(api_key="sesame")
    assert set(server.get("/healthz").json()) == {"status", "voices"}
    assert set(server.get("/healthz", Authorization="Bearer wrong").json()) == {"status", "voices"}
    assert server.get("/healthz", Authorization="Bearer sesame").json()["pid"] == os.getpid()
