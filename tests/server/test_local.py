"""How connect's embedded servers are set up, shared and ended; and that an altered detector can be found out."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.replays import DETECTION, heard_live, predicted, recording
from support.tunings import tunings

import rtnb
from rtnb.errors import ConfigError
from rtnb.server import EmbeddedServer
from rtnb.server.brains import BrainRequest, Say
from rtnb.server.input.listening import Listener
from rtnb.server.local import LocalServer, SharedServers
from rtnb.vad import DetectorTuning, load_engine, load_tuning


def answer(text: str) -> str:
    return "Forty-two."


def servers_running() -> int:
    return sum(thread.name == "rtnb-server" for thread in threading.enumerate())


# Settings


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"brain": 7}, "brain is a name such as 'chat'"),
        ({"detector": "lag=3"}, "'lag' cannot be changed"),
        ({"detector": {"hysteresis": -1}}, "hysteresis is a number from 0 to 1"),
        ({"ear": ""}, "ear is a name"),
        ({"tts": 3}, "tts is a name"),
        ({"realtime_factor": -1}, "realtime_factor"),
        ({"realtime_factor": True}, "realtime_factor"),
        ({"latency_ms": float("inf")}, "latency_ms is milliseconds"),
        ({"session_s": 0}, "session_s is seconds above 0"),
        ({"session_s": float("inf")}, "session_s is seconds above 0"),
        ({"session_s": True}, "session_s is seconds above 0"),
        ({"faults": 3}, "faults is a plan or its file"),
        ({"prompts": 3}, "prompts is a folder"),
        ({"mcp": "off"}, "mcp is True, False"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(bad: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        LocalServer(**bad)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"brain": "demon"}, "'demon' is no brain"),
        ({"brain": "script:none.yaml"}, "none.yaml"),
        ({"brain": Say}, None),
        ({"ear": "elephant"}, "elephant"),
        ({"tts": "parrot"}, "parrot"),
        ({"prompts": "no-such-folder"}, "'no-such-folder' is none"),
        ({"faults": "no-such-plan.yaml"}, "no-such-plan.yaml"),
    ],
)
def test_files_and_names_are_looked_up_for_the_first_session(members: dict[str, Any], told: str | None) -> None:
    server = LocalServer(**members)
    if told is None:
        # A class with no method reply is as good as any callable.
        assert server.options().brain.name == "Say"
        return
    with pytest.raises(ConfigError, match=re.escape(told)):
        server.options()


def test_a_class_of_brains_is_to_be_made_one() -> None:
    class Parrot:
        name = "parrot"

        async def reply(self, request: BrainRequest) -> Any:
            yield Say("Pieces of eight!")

    with pytest.raises(ConfigError, match=r"make one of it: Parrot\(\)"):
        LocalServer(brain=Parrot).options()
    parrot = Parrot()
    assert LocalServer(brain=parrot).options().brain is parrot


def test_options_say_what_was_set(tmp_path: Path) -> None:
    options = LocalServer(
        brain=answer, detector="lag_ms=20", realtime_factor=0, latency_ms=5, prompts=str(tmp_path), mcp=False
    ).options()
    assert options.brain.name == "answer" and options.tuning == DetectorTuning(lag_ms=20)
    assert (options.delivery.factor, options.latency_ms, options.prompts) == (0, 5, tmp_path)
    assert not options.mcp.enabled and options.faults is None


def test_failures_are_those_of_the_scenario_and_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "rules:\n  - {on: {any: true}, say: One.}\nfaults:\n  - {drop: abort, after_s: 1}\n"
    )
    (tmp_path / "f.yaml").write_text("faults:\n  - {fail: server_error}\n")
    for faults in (str(tmp_path / "f.yaml"), [{"fail": "server_error"}]):
        plan = LocalServer(brain=f"script:{tmp_path / 's.yaml'}", faults=faults).options().faults
        assert [fault.text for fault in plan.faults] == ["drop: abort, after_s: 1", "fail: server_error"]  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match=r"faults\[0\]"):
        LocalServer(faults=[{"explode": True}])


# Sharing


def test_those_that_are_set_up_alike_share_one_which_ends_with_the_last() -> None:
    servers, before = SharedServers(), servers_running()
    one, two = LocalServer(brain=answer, detector="lag_ms=20"), LocalServer(brain=answer, detector={"lag_ms": 20})
    first, second = servers.acquire(one), servers.acquire(two)
    other = servers.acquire(LocalServer(brain=answer))
    assert first is second and first is not other and servers_running() == before + 2
    servers.release(first)
    assert servers_running() == before + 2
    servers.release(second)
    servers.release(other)
    assert servers_running() == before
    again = servers.acquire(one)
    assert again is not first
    servers.release(again)
    servers.release(again)
    assert servers_running() == before


def test_a_scenario_that_was_edited_makes_another(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("rules:\n  - on: {any: true}\n    say: One.\n")
    servers = SharedServers()
    first = servers.acquire(LocalServer(brain=f"script:{scenario}"))
    assert servers.acquire(LocalServer(brain=f"script:{scenario}")) is first
    scenario.write_text("rules:\n  - on: {any: true}\n    say: Another one.\n")
    other = servers.acquire(LocalServer(brain=f"script:{scenario}"))
    assert other is not first
    for server in (first, first, other):
        servers.release(server)


def test_one_that_cannot_be_made_leaves_nothing_behind() -> None:
    servers, before = SharedServers(), servers_running()
    for _ in range(2):
        with pytest.raises(ConfigError):
            servers.acquire(LocalServer(brain="demon"))
    assert servers_running() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_of_a_fork_has_servers_of_its_own() -> None:
    import subprocess
    import sys

    code = (
        "import os, rtnb\n"
        "s = rtnb.connect(brain=len, modalities=['text'])\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    from rtnb.server.local import shared_servers\n"
        "    print(len(shared_servers()._running), flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "s.close()\n"
    )
    environment = {**os.environ, "RTNB_VOICE": "tone"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


# An altered detector

DEAF: dict[str, Any] = {"ear": "none", "tts": "tone"}
"""Nothing that takes long to load; speech is noticed all the same."""

ALTERED = (
    "hysteresis=0.45",
    "lag_ms=120",
    "lag_ms=-20,end_lag_ms=150",
    "hysteresis=0.0,lag_ms=400,threshold=0.5:0.9",
    "hysteresis=0.45,min_speech_ms=1000,threshold=0.5:0.8",
)


@pytest.fixture(scope="module")
def usual() -> list[tuple[int, int]]:
    with EmbeddedServer(LocalServer(**DEAF).options()) as server:
        return heard_live(server.url, server.key, chunk_ms=100)


def test_the_usual_one_finds_the_speech_where_it_is(usual: list[tuple[int, int]]) -> None:
    spoken = [(start + DETECTION["prefix_padding_ms"], end - DETECTION["silence_duration_ms"]) for start, end in usual]
    for onset_ms, offset_ms in recording().labels:
        inside = [(a, b) for a, b in spoken if onset_ms - 50 <= a < b <= offset_ms + 200]
        assert sum(b - a for a, b in inside) > 0.4 * (offset_ms - onset_ms)
        spoken = [span for span in spoken if span not in inside]
    assert not spoken, "and nowhere else"


@pytest.mark.parametrize("spec", ALTERED)
def test_an_altered_one_says_live_what_is_predicted_of_it(spec: str, usual: list[tuple[int, int]]) -> None:
    tuning = load_tuning(spec)
    with EmbeddedServer(LocalServer(detector=spec, **DEAF).options()) as server:
        heard = heard_live(server.url, server.key, chunk_ms=20)
        assert heard_live(server.url, server.key, chunk_ms=700) == heard, "the chunks of a client change nothing"
        engine = server.voices.result().vad_engine
    assert heard == predicted(engine, tuning)
    assert heard != usual and usual == predicted(engine, None)


def test_lags_and_hysteresis_can_be_read_off_the_events(usual: list[tuple[int, int]]) -> None:
    """What a calibration does: whoever sees only recording and events finds the detector that was set."""
    secret = DetectorTuning(hysteresis=0.3, lag_ms=64, end_lag_ms=50, name="secret")
    with EmbeddedServer(LocalServer(detector=secret, **DEAF).options()) as server:
        heard = heard_live(server.url, server.key, chunk_ms=100)
        engine = server.voices.result().vad_engine
    assert {start - before for (start, _), (before, _) in zip(heard, usual, strict=True)} == {64}
    fitting = {}
    for percent in range(0, 55, 5):
        expected = predicted(engine, DetectorTuning(hysteresis=percent / 100))
        lags = {end - before for (_, end), (_, before) in zip(heard, expected, strict=False)}
        if len(expected) == len(heard) and len(lags) == 1:
            fitting[percent] = lags.pop()
    assert fitting == {30: 50}


@settings(deadline=None, max_examples=40)
@given(tunings(), st.lists(st.integers(1, 60_000), max_size=12))
def test_however_audio_is_cut_an_altered_detector_says_the_same(tuning: DetectorTuning, cuts: list[int]) -> None:
    pcm, engine = recording().pcm[: 48 * 4500], load_engine("energy")
    whole = Listener(engine, DETECTION, 0.0, tuning=tuning).push(pcm)
    pieces, at = Listener(engine, DETECTION, 0.0, tuning=tuning), 0
    found = []
    for size in (*cuts, len(pcm)):
        found += pieces.push(pcm[at : at + size])
        at += size
    assert found == whole


@pytest.mark.parametrize("lags", [(6000, 6000), (-6000, -6000), (6000, -6000), (-6000, 6000)])
def test_no_lag_breaks_a_session(lags: tuple[float, float]) -> None:
    tuning = DetectorTuning(lag_ms=lags[0], end_lag_ms=lags[1])
    with EmbeddedServer(LocalServer(detector=tuning, **DEAF).options()) as server:
        heard = heard_live(server.url, server.key, chunk_ms=100)
    assert len(heard) == 4 and all(0 <= start <= end for start, end in heard)


def test_a_short_session_is_handed_over_before_it_ends() -> None:
    assert LocalServer().options().limits.session_s == 3600
    server = LocalServer(session_s=12, **DEAF)
    with rtnb.connect("local", server=server, modalities=["text"], journal=False) as s:
        s.ask("My name is Sam.", show=False)
        assert s.expires_in_s is not None and s.expires_in_s <= 12
        while "A new connection took over" not in "".join(s.notices):
            assert s.status in ("open", "reconnecting"), "it ended first"
            time.sleep(0.1)
        assert s.ask("What is my name?", show=False).text == "Your name is Sam."
