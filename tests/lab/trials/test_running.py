"""Trials on the embedded server: real speech, real sessions."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import rtnb
from rtnb import Clip, LocalServer, SemanticVad, ServerVad
from rtnb.errors import AudioError, BudgetError, ConfigError, LoopThreadError, RefusedError, UnreachableError
from rtnb.lab import Trial, trial
from rtnb.server.local import shared_servers
from rtnb.session.wire.loop import shared_loop
from rtnb.vad import Corpus, Item, Labels, Setting, load_tuning
from rtnb.vad.scores.score import COLUMNS

DEAF: dict[str, Any] = {"tts": "tone", "ear": "none"}
"""Nothing is said and nothing recognised: only turn detection runs."""

SERVER = LocalServer(**DEAF)


@pytest.fixture(scope="module", autouse=True)
def kept_running() -> Iterator[None]:
    """Trials start the server themselves where none runs; here they share one."""
    server = shared_servers().acquire(SERVER)
    yield
    shared_servers().release(server)


@pytest.fixture(scope="module")
def dialogue() -> Clip:
    return Clip.load(rtnb.sample("dialogue_sample"))[5.0:17.0]


@pytest.fixture(scope="module")
def labelled() -> Item:
    """The beginning of a meeting: several turns, far from the microphone."""
    return Corpus.load(rtnb.sample("labelled"))["ami_trn07"]


def fast(clip: Any, settings: Any, **options: Any) -> Trial:
    return trial(clip, settings, **{"server": SERVER, "pace": "source", "progress": lambda done, of: None, **options})


def test_at_the_pace_of_speech_the_embedded_server_says_what_was_predicted() -> None:
    question = Clip.load(rtnb.sample("weather_question"))
    told: list[tuple[float, float]] = []
    found = trial(question, ServerVad(), server=SERVER, progress=lambda done, of: told.append((done, of)))
    (run,) = found.runs
    assert run.residuals_ms == (0.0, 0.0) and not found.problems
    (turn,) = run.heard
    assert turn.audio_end_ms is not None
    # Not before the audio that tells it had been sent.
    assert turn.audio_end_ms <= 1000 * turn.stopped_at_s <= 1000 * run.sent_s
    assert 0 < turn.onset_s < turn.started_at_s
    assert question.duration_s <= run.sent_s
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {of for _, of in told} == {question.duration_s} and told[-1][0] == question.duration_s


def test_residuals_are_none_for_every_setting(dialogue: Clip) -> None:
    settings = [
        ServerVad(),
        ServerVad(threshold=0.8, silence_duration_ms=500),
        ServerVad(threshold=0.1, prefix_padding_ms=0, silence_duration_ms=100),
        ServerVad(prefix_padding_ms=2000, silence_duration_ms=160),
    ]
    found = fast(dialogue, settings, concurrency=3)
    assert found.prediction == "local emulation" and found.endpoint == "embedded server" and found.cost == ""
    assert [run.title for run in found.runs] == [
        "0.50 / 300 / 200",
        "0.80 / 300 / 500",
        "0.10 / 0 / 100",
        "0.50 / 2000 / 160",
    ]
    for run in found.runs:
        assert run.heard and not run.missing and not run.extra
        assert set(run.residuals_ms) == {0.0}
    assert len({tuple(turn.audio_end_ms for turn in run.heard) for run in found.runs}) > 1, "settings tell"
    frame = found.frame
    assert list(frame.heard) == list(frame.matched) == list(frame.predicted)
    assert list(frame.residual_max_ms) == [0.0] * 4
    assert len(found.residuals) == 2 * frame.heard.sum()


def test_a_clip_that_ends_in_the_middle_of_a_word(dialogue: Clip) -> None:
    for end_s in (1.9, 2.33):
        cut = dialogue[0.0:end_s]
        (run,) = fast(cut, ServerVad(silence_duration_ms=700)).runs
        (turn,) = run.heard
        assert turn.closed and turn.end_s > end_s - 0.3 and set(run.residuals_ms) == {0.0}


def test_an_altered_detector_shows_in_the_residuals_and_its_tuning_explains_them(dialogue: Clip) -> None:
    altered = load_tuning("lag_ms=120,end_lag_ms=200,hysteresis=0.3")
    server = LocalServer(detector=altered, **DEAF)
    setting = ServerVad(silence_duration_ms=160)
    assert max(fast(dialogue, setting, server=server).runs[0].residuals_ms) >= 120
    explained = fast(dialogue, setting, server=server, tuning=altered)
    assert set(explained.runs[0].residuals_ms) == {0.0} and explained.prediction == altered.name
    assert altered.name in repr(explained)


def test_with_labels_what_was_heard_is_scored(labelled: Item) -> None:
    found = fast(labelled, [ServerVad(), ServerVad(threshold=0.2, silence_duration_ms=1000)], turn_gap_s=0.7)
    first, second = found.runs
    assert first.score is not None and second.score is not None and found.labels is not None
    assert first.score.turns == second.score.turns == len(found.labels.turns(0.7))
    assert first.score.missed > second.score.missed
    assert first.score.latency_p50_ms + 600 < second.score.latency_p50_ms
    assert {*COLUMNS} <= {*found.frame.columns}
    assert list(found.frame.cut_offs) == [first.score.cut_offs, second.score.cut_offs]
    # Where the prediction holds to the millisecond, so do the counts.
    expected = rtnb.vad.score([(labelled.audio, labelled.labels)], ServerVad(), turn_gap_s=0.7)
    assert [first.score.detected, first.score.missed, first.score.cut_offs, first.score.clipped] == [
        expected.detected,
        expected.missed,
        expected.cut_offs,
        expected.clipped,
    ]
    assert set(expected.latencies_ms) <= set(first.score.latencies_ms), "and that of the last turn, which silence ends"


def test_labels_that_come_along_are_not_scored_without_a_turn_gap(labelled: Item) -> None:
    found = fast(labelled, ServerVad())
    assert found.labels is labelled.labels and found.scoring is None and found.runs[0].score is None
    assert "errors" not in found.frame.columns


def test_settings_come_in_many_shapes(dialogue: Clip) -> None:
    import pandas as pd

    table = pd.DataFrame(
        [{"threshold": 0.4, "prefix_padding_ms": 0.0, "silence_duration_ms": 300.0, "hysteresis": 0.3, "errors": 7}]
    )
    (run,) = fast(dialogue[0.0:3.0], table).runs
    assert run.setting == Setting(0.4, 0, 300, 0.3)
    assert run.vad == ServerVad(
        threshold=0.4, prefix_padding_ms=0, silence_duration_ms=300, create_response=False, interrupt_response=False
    )


def test_a_hysteresis_cannot_be_sent_and_that_is_said(dialogue: Clip) -> None:
    found = fast(dialogue[0.0:3.0], {"threshold": 0.5, "hysteresis": 0.4})
    (note,) = found.notes
    assert "hysteresis" in note and "0.40" in note and "server keeps its own" in note


def test_semantic_vad_is_heard_too(dialogue: Clip) -> None:
    (run,) = fast(dialogue[0.0:3.0], SemanticVad(eagerness="high")).runs
    assert run.title == "semantic_vad high" and run.heard and run.heard[-1].closed
    assert run.prediction != "local emulation" and run.predicted
    assert run.applied["type"] == "semantic_vad" and run.applied["create_response"] is False


def test_nothing_answers_unless_asked(dialogue: Clip, tmp_path: Path) -> None:
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    fast(dialogue[0.0:3.0], ServerVad(), recordings=quiet)
    server = LocalServer(brain=lambda text: "Yes.", realtime_factor=0, **DEAF)
    fast(dialogue[0.0:3.0], ServerVad(), recordings=loud, responses=True, server=server, modalities=["text"])

    def types(folder: Path) -> set[str]:
        (path,) = folder.iterdir()
        return {event.type for event in rtnb.replay(path).events}

    assert "response.created" not in types(quiet) and "response.created" in types(loud)
    assert not [kind for kind in types(quiet) if "transcription" in kind]


def test_in_the_formats_of_telephones_too(dialogue: Clip) -> None:
    found = fast(dialogue[0.0:4.0], ServerVad(), input_format="pcmu")
    (run,) = found.runs
    assert run.format == "audio/pcmu" and run.heard and set(run.residuals_ms) == {0.0}


def test_recordings_hold_what_was_sent_and_replace_nothing(dialogue: Clip, tmp_path: Path) -> None:
    clip = dialogue[0.0:3.0]
    found = fast(clip, ServerVad(), recordings=tmp_path / "new")
    again = fast(clip, ServerVad(), recordings=tmp_path / "new")
    (first,), (second,) = found.runs, again.runs
    assert first.recording is not None and second.recording not in (None, first.recording)
    events = rtnb.replay(first.recording).events
    sent = events.stores["sent"]
    (observed,) = found.observed
    assert b"".join(data for _, data in observed.audio) == sent.read(0, len(sent))
    assert observed.turns == tuple((turn.audio_start_ms, turn.audio_end_ms) for turn in first.heard)


def test_a_session_that_is_refused_leaves_the_others_and_is_named(dialogue: Clip) -> None:
    faults: list[Mapping[str, Any]] = [{"refuse": 503, "session": 2}]
    found = fast(
        dialogue[0.0:3.0],
        [ServerVad(threshold=t) for t in (0.4, 0.5, 0.6)],
        concurrency=1,
        server=LocalServer(faults=faults, **DEAF),
    )
    assert [bool(run.problem) for run in found.runs] == [False, True, False]
    (problem,) = found.problems
    assert problem.startswith("0.50 / 300 / 200: ") and "503" in problem
    assert found.runs[1].heard == () and len(found.observed) == 2
    assert "ended early" in repr(found) and found.frame.problem[1]


def test_a_session_that_drops_keeps_what_it_heard(dialogue: Clip) -> None:
    faults: list[Mapping[str, Any]] = [{"drop": 1011, "on": "input_audio_buffer.speech_stopped", "session": 1}]
    found = fast(
        dialogue, [ServerVad(), ServerVad(threshold=0.4)], concurrency=1, server=LocalServer(faults=faults, **DEAF)
    )
    broken, whole = found.runs
    assert "1011" in broken.problem and not whole.problem
    assert broken.heard and broken.score is None and len(whole.heard) >= len(broken.heard)


def test_where_no_session_opens_the_reason_is_raised(dialogue: Clip) -> None:
    with pytest.raises(UnreachableError):
        trial(dialogue, [ServerVad(), ServerVad()], "ws://127.0.0.1:9/v1/realtime", progress=lambda done, of: None)
    server = LocalServer(faults=[{"refuse": 401}], **DEAF)
    with pytest.raises(RefusedError):
        fast(dialogue, ServerVad(), server=server)


def test_ctrl_c_closes_every_session_that_it_opened(dialogue: Clip) -> None:
    # fixture nothing_left: the client's thread has ended, which holds all sessions.
    def interrupt(done: float, of: float) -> None:
        if done > 0.5:
            _thread.interrupt_main()

    with pytest.raises(KeyboardInterrupt):
        fast(dialogue, [ServerVad()] * 3, pace="real", progress=interrupt)
    assert not shared_loop().running


def test_it_can_be_cancelled_and_returns_what_it_has(dialogue: Clip) -> None:
    stop = threading.Event()

    def enough(done: float, of: float) -> None:
        if done > 7.0:
            stop.set()

    found = fast(dialogue, [ServerVad()] * 3, pace="real", progress=enough, cancel=stop)
    assert [run.problem for run in found.runs] == ["cancelled", "cancelled", "not started"]
    assert found.runs[0].events and 0 < found.runs[0].sent_s < dialogue.duration_s and found.runs[2].sent_s == 0
    assert found.observed == ()
    assert "2 of them ended early, 1 not started" in repr(found)


def test_of_a_session_that_ended_early_only_what_it_could_tell_is_expected() -> None:
    labelled, stop = Corpus.load(rtnb.sample("labelled"))["ami_trn06"], threading.Event()

    def enough(done: float, of: float) -> None:
        if done > 3.5:
            stop.set()

    (run, never) = fast(
        labelled, [ServerVad()] * 2, pace="real", progress=enough, cancel=stop, concurrency=1, turn_gap_s=0.7
    ).runs  # fmt: skip
    whole = fast(labelled, ServerVad()).runs[0].predicted
    assert 0 < len(run.predicted) < len(whole) and run.missing == () and run.extra == ()
    assert never.predicted == () and never.missing == ()


@pytest.mark.parametrize("ends", ["at once", "meanwhile"])
def test_it_can_be_cancelled_while_it_prepares(ends: str) -> None:
    import numpy as np

    talk = Clip.load(rtnb.sample("dialogue_sample"))
    hour = Clip(np.tile(talk.samples, 10), talk.rate_hz)
    stop, told = threading.Event(), list[tuple[float, float]]()
    if ends == "at once":
        stop.set()

    def enough(done: float, of: float) -> None:
        told.append((done, of))
        if len(told) > 4:
            stop.set()

    found = fast(hour, [ServerVad(), ServerVad(threshold=0.3)], progress=enough, cancel=stop)
    # Nothing was streamed, and what was left to do was not done.
    assert len(told) == (0 if ends == "at once" else 5) and set(told) <= {(0.0, 2 * hour.duration_s)}
    assert [run.problem for run in found.runs] == ["not started"] * 2 and not found.track.p.size
    assert not found.residuals.size and list(found.frame.predicted) == [0, 0]
    assert "2 of them not started" in repr(found) and "not started" in found._repr_mimebundle_()["text/html"]


def test_how_long_it_takes_is_told(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    threading.Timer(1.5, stop.set).start()
    trial(Clip.silence(90.0), [ServerVad()] * 3, server=SERVER, engine="energy", concurrency=1, cancel=stop)
    assert any(
        "3 sessions of 90 s" in each.getMessage() and "4 minutes" in each.getMessage() for each in caplog.records
    )


def test_labels_that_were_cut_are_told(dialogue: Clip) -> None:
    found = fast(dialogue[0.0:3.0], ServerVad(), labels=[(1.2, 3.5)], turn_gap_s=0.7)
    (note,) = found.notes
    assert note.startswith("labels: 1 label cut") and "500 ms" in note


@pytest.mark.parametrize("given", ["lag_ms=120", Path("our.json"), {"lag_ms": 120}, "calibration"])
def test_a_detector_comes_in_many_shapes(dialogue: Clip, given: Any, tmp_path: Path) -> None:
    if isinstance(given, Path):
        given = tmp_path / given
        given.write_text('{"lag_ms": 120}')
    if given == "calibration":
        given = rtnb.vad.calibrate(fast(dialogue, [ServerVad(), ServerVad(threshold=0.8)]))
        assert fast(dialogue[0.0:3.0], ServerVad(), tuning=given).tuning == given.tuning
        return
    assert fast(dialogue[0.0:3.0], ServerVad(), tuning=given).tuning.lag_ms == 120


def test_no_key_is_told_after_the_cost_and_nobody_is_asked_who_cannot_answer(
    dialogue: Clip, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def never(prompt: str) -> str:
        raise AssertionError("asked")

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("getpass.getpass", never)
    with pytest.raises(BudgetError):
        trial(dialogue, ServerVad(), "openai", responses=True, budget_usd=0.0001, progress=lambda done, of: None)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as raised:
        trial(dialogue, ServerVad(), "openai", progress=lambda done, of: None)
    assert "rtnb.connect" not in str(raised.value)
    assert any("1 session" in each.getMessage() for each in caplog.records)
    with pytest.raises(ConfigError, match="embedded server"):
        trial(dialogue, ServerVad(), "openai", server=SERVER)


def test_a_refused_key_is_not_repeated_not_even_in_parts(dialogue: Clip) -> None:
    server = shared_servers().acquire(SERVER)
    try:
        with pytest.raises(RefusedError) as raised:
            trial(dialogue, ServerVad(), server.url, key="sk-secret-ABCDEF1234567890", progress=lambda done, of: None)
    finally:
        shared_servers().release(server)
    told = str(raised.value)
    assert "sk-se" not in told and "7890" not in told and "[redacted]" in told
    assert "rtnb.connect" not in told and "rtnb.lab.trial" in told


def test_what_progress_raises_ends_it(dialogue: Clip) -> None:
    def fail(done: float, of: float) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fast(dialogue, ServerVad(), pace="real", progress=fail)
    assert not shared_loop().running


def test_on_a_paid_endpoint_the_cost_is_told_before_anything_is_sent(
    dialogue: Clip, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    async def open(*args: Any, **options: Any) -> None:
        order.append("; ".join(record.getMessage() for record in caplog.records))
        raise UnreachableError("nobody")

    monkeypatch.setattr("rtnb.session.core.Connection.open", open)
    with pytest.raises(UnreachableError):
        trial(dialogue, [ServerVad()] * 2, "openai", key="sk-secret", progress=lambda done, of: None)
    assert len(order) == 2 and "2 sessions" in order[0] and "$0, as neither responses" in order[0]
    assert "api.openai.com" in order[0] and "sk-secret" not in order[0]


def test_a_budget_refuses_before_anything_is_sent(dialogue: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **options: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr("rtnb.session.core.Connection.open", never)
    with pytest.raises(BudgetError, match=r"not started.*\$0\.0001"):
        trial(dialogue, ServerVad(), "openai", key="k", responses=True, budget_usd=0.0001)
    with pytest.raises(BudgetError, match="not known"):
        trial(dialogue, ServerVad(), "wss://example.org/v1", model="their-own", responses=True, budget_usd=100)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": []}, "at least one setting"),
        ({"settings": None}, "A trial takes"),
        ({"settings": [0.5]}, "A trial takes"),
        ({"settings": {"type": "semantic_vad", "threshold": 0.5}}, "semantic_vad has eagerness"),
        ({"settings": {"treshold": 0.5}}, "threshold"),
        ({"settings": ServerVad(), "concurrency": 0}, "concurrency"),
        ({"settings": ServerVad(), "concurrency": True}, "concurrency"),
        ({"settings": ServerVad(), "responses": "no"}, "responses"),
        ({"settings": ServerVad(), "pace": 2.0}, "pace"),
        ({"settings": ServerVad(), "turn_detection": None}, "as settings"),
        ({"settings": ServerVad(), "labels": [(0.1, 0.5)]}, "turn_gap_s"),
        ({"settings": ServerVad(), "labels": [(100, 200)], "turn_gap_s": 0.7}, "after the end"),
        ({"settings": ServerVad(), "key": "k"}, "takes no key"),
        ({"settings": ServerVad(), "ear": "none"}, "embedded server"),
        ({"settings": ServerVad(), "instrucktions": "x"}, "instrucktions"),
        ({"settings": ServerVad(), "endpoint": "nowhere"}, "no endpoint"),
        ({"settings": ServerVad(), "endpoint": "openai", "key": "k", "budget_usd": -1}, "budget_usd"),
        ({"settings": ServerVad(), "engine": "none such"}, "none such"),
        ({"settings": ServerVad(), "tuning": 7}, "tuning is a"),
        ({"settings": ServerVad(), "tuning": "no-such.json"}, "no-such.json"),
    ],
)
def test_bad_input_is_told_in_one_exception(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        trial(Clip.silence(1.0), **options)


def test_clips_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="empty"):
        trial(Clip.silence(0.0), ServerVad())
    with pytest.raises(AudioError):
        trial(tmp_path / "missing.wav", ServerVad())
    with pytest.raises(ConfigError, match="takes a Clip"):
        trial(b"\x00", ServerVad())  # type: ignore[arg-type]


def test_silence_makes_no_turns() -> None:
    (run,) = fast(Clip.silence(2.0), ServerVad()).runs
    assert run.heard == run.predicted == () and not run.problem


def test_it_does_not_wait_for_itself() -> None:
    loop, holder = shared_loop(), object()
    loop.acquire(holder)
    try:
        with pytest.raises(LoopThreadError):
            loop.call(lambda: fast(Clip.silence(1.0), ServerVad()))
    finally:
        loop.release(holder)


def test_labels_of_many_kinds(dialogue: Clip) -> None:
    found = fast(dialogue[0.0:3.0], ServerVad(), labels=[(1.2, 2.9)], turn_gap_s=0.7)
    assert isinstance(found.labels, Labels) and found.runs[0].score is not None


def test_a_trial_shows_itself(dialogue: Clip) -> None:
    found = fast(dialogue[0.0:3.0], [ServerVad(), ServerVad(threshold=0.9)], labels=[(1.2, 2.9)], turn_gap_s=0.7)
    bundle = found._repr_mimebundle_()
    assert {"text/plain", "text/html", "image/png"} <= {*bundle}
    assert "0.90 / 300 / 200" in bundle["text/html"] and "local emulation" in bundle["text/html"]
