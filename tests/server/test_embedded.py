"""The server as a guest in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.wire import Wire

from rtnb.errors import ConfigError, UnreachableError
from rtnb.server import EmbeddedServer, Options, serve
from rtnb.server.options import Limits
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.vad import load_engine


def left(since: set[threading.Thread]) -> set[str]:
    """Threads that a server left; what loads the voices is shared by all of the process, and stays."""
    found = {thread.name for thread in set(threading.enumerate()) - since}
    return {name for name in found if not name.startswith("rtnb-voice")}


def test_it_starts_on_a_free_port_with_a_key_of_its_own_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with EmbeddedServer() as one, EmbeddedServer() as two:
        assert one.url != two.url and one.key != two.key
        assert one.url.startswith("ws://127.0.0.1:")
        with Wire(one.url, key=one.key) as wire:
            assert wire.next()["type"] == "session.created"
        with Wire(two.url, key=one.key) as wire:
            assert wire.next()["error"]["code"] == "invalid_api_key"
    assert not left(before)


def test_it_stops_although_clients_are_connected() -> None:
    before = set(threading.enumerate())
    with EmbeddedServer() as server:
        wire = Wire(server.url, key=server.key)
        wire.next()
    assert wire.closing() == (1001, "The server is shutting down.")
    assert not left(before)


def test_a_given_key_is_kept() -> None:
    server = EmbeddedServer(Options(api_key="sesame"))
    assert server.key == "sesame" and "sesame" not in repr(server)


@pytest.mark.local
def test_wait_warm_reports_and_ends(server: EmbeddedServer) -> None:
    server.wait_warm(lambda done, total, label: pytest.fail("it is warm already"))
    assert server.missing() == ()


def test_wait_warm_reports_while_the_voices_load() -> None:
    seen = threading.Event()

    def load(progress: Callable[[int, int, str], None]) -> VoiceStack:
        progress(0, 1, "speech synthesis")
        assert seen.wait(20), "nobody reported"
        return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"), ("No words are heard.",))

    server = EmbeddedServer()
    server.voices = VoiceLoader(load).start()
    assert server.missing() == ()
    reports: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, label: str) -> None:
        reports.append((done, total, label))
        if label:
            seen.set()

    server.wait_warm(progress)
    assert (0, 1, "speech synthesis") in reports
    assert server.missing() == ("No words are heard.",)
    server.stop()


def test_voices_that_do_not_load_are_told_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_VOICE", "loud")
    server = EmbeddedServer()
    server.voices = VoiceLoader().start()
    assert server.voices.ready.wait(20) and server.voices.failed
    (sentence,) = server.missing()
    assert "could not be loaded" in sentence and "RTNB_VOICE is 'loud'" in sentence
    with pytest.raises(ConfigError, match="RTNB_VOICE is 'loud'"):
        server.wait_warm(lambda done, total, label: None)
    server.stop()


def test_serve_on_a_port_that_is_taken_says_so(server: EmbeddedServer) -> None:
    port = int(server.url.split(":")[2].split("/")[0])
    with pytest.raises(UnreachableError, match=f"Port {port} of 127.0.0.1 is in use"):
        serve("127.0.0.1", port, Options())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "voice.example"])
def test_other_machines_are_let_in_with_a_key_only(host: str) -> None:
    with pytest.raises(ConfigError, match="--api-key or in RTNB_API_KEY") as refused:
        serve(host, 0, Options())
    assert "\n" not in str(refused.value)


def test_serve_on_an_address_that_is_none_says_so() -> None:
    with pytest.raises(UnreachableError, match=r"192\.0\.2\.1"):
        serve("192.0.2.1", 0, Options(api_key="sesame"))


def test_serve_with_a_tier_that_is_none_says_so() -> None:
    with pytest.raises(ConfigError, match="'gold' is no tier"):
        serve("127.0.0.1", 0, Options(limits=Limits(tier="gold")))
