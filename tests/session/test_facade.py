"""The blocking verbs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

import rtnb
from rtnb.errors import AudioFileError, LoopThreadError, SessionClosedError
from rtnb.session.wire.loop import LoopThread, shared_loop


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def names(found: set[threading.Thread]) -> set[str]:
    return {thread.name for thread in found}


def test_a_session_leaves_no_thread_behind() -> None:
    before = threads()
    with rtnb.connect() as s:
        s.ask(rtnb.sample("weather_question"))
        assert {"rtnb-client", "rtnb-server", "rtnb-speech_0"} <= names(threads() - before)
    assert names(threads() - before) == set()


def test_a_connect_that_fails_leaves_no_thread_behind() -> None:
    with pytest.raises(OSError, match="Nobody answers"):
        rtnb.connect("ws://127.0.0.1:9/v1/realtime")
    assert "rtnb-client" not in names(threads())


def test_two_sessions_share_the_loop_and_the_server() -> None:
    before = threads()
    with rtnb.connect(modalities=["text"]) as one, rtnb.connect(modalities=["text"]) as two:
        assert rtnb.open_sessions() == [one, two]
        turns = [one.send("Spell cat."), two.send("Spell dog.")]
        assert [turn.wait(20).text for turn in turns] == ["C, A, T.", "D, O, G."]
        assert sum(thread.name == "rtnb-server" for thread in threads() - before) == 1
    assert rtnb.open_sessions() == []


def test_close_all() -> None:
    sessions = [rtnb.connect(), rtnb.connect()]
    rtnb.close_all()
    assert [s.status for s in sessions] == ["closed", "closed"]


def test_a_closed_session_says_so_and_stays_readable() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        turn = s.ask("Spell cat.")
    s.close()
    for verb in (lambda: s.ask("more"), lambda: s.update(voice="cedar"), s.interrupt, s.commit):
        with pytest.raises(SessionClosedError, match="stays readable"):
            verb()
    assert turn.text == s.turns[0].text == "C, A, T."
    assert s.usage.total_usd is not None and len(s.events) > 5
    assert "closed" in repr(s)


def test_a_blocking_verb_on_the_loop_thread_raises_instead_of_waiting_for_itself() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        with pytest.raises(LoopThreadError, match="AsyncSession"):
            shared_loop().call(lambda: s.ask("hello"))
        assert s.ask("Spell cat.").text == "C, A, T."


def test_a_missing_file_is_one_clear_error_and_the_session_goes_on() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        with pytest.raises(AudioFileError, match="There is no file"):
            s.ask(Path("no-such-file.wav"))
        with pytest.raises(AudioFileError, match="There is no file"):
            s.stream("no-such-file.wav")
        assert s.ask("Spell cat.").text == "C, A, T."


@pytest.mark.local
def test_save_and_replay_show_the_same(tmp_path: Path) -> None:
    with rtnb.connect() as s:
        s.ask(rtnb.sample("weather_question"))
        run = s.stream(rtnb.Clip.load(rtnb.sample("weather_question")), name="again")
        assert run.turns[0].transcript == "What is the weather in Paris?"
        path = s.save(tmp_path / "talk.rtnb")
        live = s.view()
    again = rtnb.replay(path)
    assert again.view().turns == live.turns
    assert again.usage.total_usd == s.usage.total_usd
    # Rate limits come a moment after a response, and may come after the save.
    saved, seen = [e.raw for e in again.events], [e.raw for e in s.events]
    assert saved == seen[: len(saved)]
    assert {event["type"] for event in seen[len(saved) :]} <= {"rate_limits.updated"}


def test_a_key_is_in_no_recording(tmp_path: Path) -> None:
    with rtnb.connect(modalities=["text"]) as s:
        s.ask("Spell cat.")
        key = s._async.core.endpoint.key
        path = s.save(tmp_path / "talk.rtnb")
        shown = repr(s) + str(s._repr_mimebundle_()) + repr(s.events)
    assert key
    assert key.encode() not in path.read_bytes() and key not in shown


def test_outside_a_notebook_nothing_is_displayed(capsys: pytest.CaptureFixture[str]) -> None:
    with rtnb.connect(modalities=["text"]) as s:
        s.ask("Spell cat.")
    assert capsys.readouterr().out == ""


def test_connect_can_be_interrupted_at_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = threads()
    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        for k in range(12):
            try:
                # Raised inside connect, or not at all: the timer is off before anything else runs.
                signal.setitimer(signal.ITIMER_REAL, 0.0005 + 0.003 * k)
                session = rtnb.connect(modalities=["text"])
                signal.setitimer(signal.ITIMER_REAL, 0)
                session.close()
            except KeyboardInterrupt:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    rtnb.close_all()
    left = {
        name for name in names(threads() - before) if name.startswith("rtnb-") and not name.startswith("rtnb-voice")
    }
    assert not left


def test_connect_can_be_interrupted_before_it_knows_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    submit = LoopThread.submit
    wait_s = iter([0.001 * k for k in range(25)])
    pending: list[float] = []

    def interrupted(self: LoopThread, work: Any) -> Any:
        future = submit(self, work)
        while pending:
            # The session is being opened, and nobody will cancel that.
            time.sleep(pending.pop())
            raise KeyboardInterrupt
        return future

    before = threads()
    rtnb.connect(modalities=["text"]).close()
    monkeypatch.setattr(LoopThread, "submit", interrupted)
    for each_s in wait_s:
        pending.append(each_s)
        with pytest.raises(KeyboardInterrupt):
            rtnb.connect(modalities=["text"])
        assert not {"rtnb-client", "rtnb-journal"} & names(threads() - before), each_s


def test_usage_prints_in_a_line() -> None:
    with rtnb.connect(modalities=["text"]) as s:
        s.ask("Spell cat.")
    assert len(str(s.usage)) < 300
