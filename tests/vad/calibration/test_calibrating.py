"""What a calibration says of itself: what it rests on, what it cannot tell, what is wrong with what it was given."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from support.calibrations import excerpts

import rtnb
from rtnb import Clip, SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.vad import DetectorTuning, Track, detect, probabilities
from rtnb.vad.calibration.calibrating import calibrate
from rtnb.vad.calibration.observed import Observed

VAD = ServerVad(threshold=0.5, prefix_padding_ms=50, silence_duration_ms=100)


@functools.cache
def spoken() -> Clip:
    return excerpts()[6].resample(24000)


@functools.cache
def word() -> Clip:
    return Clip.concat([Clip.silence(1.0), Clip.load(rtnb.sample("weather_question")), Clip.silence(2.0)])


@functools.cache
def track_of(clip: Clip, engine: str) -> Track:
    return probabilities(clip, engine=engine, as_sent=True, cache=False)


def observed(
    tuning: DetectorTuning, clip: Clip | None = None, vad: ServerVad = VAD, engine: str = "silero", **options: object
) -> Observed:
    """What a server with this detector would have said."""
    clip = spoken() if clip is None else clip
    track = track_of(clip, engine)
    turns = [
        (turn.audio_start_ms, turn.audio_end_ms if turn.closed else None)
        for turn in detect(track, vad.resolved(), tuning=tuning)
    ]
    return Observed(clip.to_pcm16(), vad, turns, **options)  # type: ignore[arg-type]


def test_any_engine_will_do_and_is_named() -> None:
    secret = DetectorTuning(hysteresis=0.3, lag_ms=40, end_lag_ms=90, threshold_map=((0.5, 0.65),))
    found = calibrate(
        observed(secret, engine="energy", endpoint="wss://there", name="talk", date="2026-11-20"),
        engine="energy",
        name="mine",
    )
    assert (found.tuning.name, found.engine, found.endpoint, found.recordings) == ("mine", "energy", "wss://there", 1)
    assert "engine energy" in found.tuning.source and "2026-11-20" in found.tuning.source
    assert (found.tuning.onset_shift_ms, found.tuning.end_shift_ms) == (40, 90)
    low, high = found.ranges["threshold 0.5"]
    assert low <= 0.65 <= high and found.missing == found.extra == 0


def test_recordings_and_endpoints_are_in_the_name() -> None:
    usual = DetectorTuning()
    both = [
        observed(usual, endpoint="one", date="2026-11-19"),
        observed(usual, spoken()[2.0:19.0], endpoint="two", date="2026-11-20"),
    ]
    assert calibrate(both).name == "calibrated to one, two, 2026-11-20, 2 recordings"


def test_what_nothing_shows_is_kept_and_said() -> None:
    """A question out of silence: nearly any threshold finds it."""
    found = calibrate(observed(DetectorTuning(), word()))
    assert found.tuning == DetectorTuning() and found.matched == 2
    assert any(each.startswith("min_speech_ms: anything up to") for each in found.undetermined)
    assert any(each.startswith("threshold 0.5: anything from") for each in found.undetermined)
    assert any("It rests on 1 turn" in each for each in found.notes)
    low, high = found.ranges["threshold 0.5"]
    assert low <= 0.5 <= high and high - low > 0.1


def test_starts_that_are_held_back_say_nothing_of_the_onset() -> None:
    wide = dataclasses.replace(VAD, prefix_padding_ms=30_000)
    found = calibrate(observed(DetectorTuning(lag_ms=64), vad=wide))
    assert found.start_residuals_ms.size == 0 and found.residuals["hidden"].any()
    assert "lag_ms: no event shows it; 0 is kept." in found.undetermined
    assert found.tuning.onset_shift_ms == 0 and found.tuning.end_shift_ms == 64
    assert "lag_ms" not in found.ranges and found.ranges["end_lag_ms"] == (64, 64)


def test_events_that_are_missing_or_too_many_are_counted() -> None:
    whole = observed(DetectorTuning())
    assert len(whole.turns) >= 5
    changed = Observed(spoken().to_pcm16(), VAD, [(10, 300), *whole.turns[:3], *whole.turns[4:]])
    found = calibrate(changed)
    assert (found.missing, found.extra) == (2, 2) and found.tuning.lag_ms == 0
    rows = found.residuals
    assert rows["predicted_ms"].isna().sum() == rows["observed_ms"].isna().sum() == 2
    assert len(rows) == found.matched + 4


def test_events_beyond_the_audio_are_counted_apart_and_alter_nothing() -> None:
    """As of a session whose last audio is missing: its last stops tell nothing of the detector."""
    secret = DetectorTuning(hysteresis=0.27, lag_ms=40)
    cut = spoken()
    whole = observed(secret, cut)
    inside = calibrate(whole)
    late = round(1000 * cut.duration_s)
    more = [*whole.turns[:-1], (whole.turns[-1][0], late + 400), (late + 700, late + 1200), (late + 2000, None)]
    found = calibrate(Observed(cut.to_pcm16(), VAD, more))
    assert (inside.beyond, found.beyond) == (0, 4) and found.missing == 0
    assert found.tuning == inside.tuning and found.tuning.lag_ms == 40
    assert any(
        note.startswith("4 events beyond the end of the audio that was sent are left out") for note in found.notes
    )
    assert "4 events beyond the end of the audio, left out" in found.summary
    assert not any("in another way" in note for note in found.notes)


def test_a_lag_may_bring_a_stop_beyond_the_audio() -> None:
    """The server said it while audio still came: it is explained, and counts."""
    tuning = DetectorTuning(lag_ms=0, end_lag_ms=700)
    last = [turn for turn in detect(track_of(spoken(), "silero"), VAD, tuning=tuning) if turn.closed][-1]
    cut = spoken()[0.0 : last.stopped_at_s + 0.2]
    found = calibrate(observed(tuning, cut))
    assert last.audio_end_ms > 1000 * cut.duration_s and found.events[-1].beyond
    assert found.beyond == found.missing == 0 and found.tuning.end_shift_ms == 700


def test_a_filtered_input_is_told() -> None:
    found = calibrate(observed(DetectorTuning(), noise_reduction=True))
    assert any(note.startswith("noise_reduction was on") for note in found.notes)


def test_a_map_that_would_fall_is_mended() -> None:
    """A server that obeys nobody: what is asked for makes no difference."""
    same = [
        observed(DetectorTuning(threshold_map=((asked, effective),)), vad=dataclasses.replace(VAD, threshold=asked))
        for asked, effective in ((0.4, 0.7), (0.6, 0.5))
    ]
    found = calibrate(same)
    (_, low), (_, high) = found.tuning.threshold_map
    assert low <= high


def test_unusual_constants_can_be_supposed() -> None:
    base = DetectorTuning(hysteresis=0.3, min_speech_ms=70, lag_ms=20, name="supposed")
    assert calibrate(observed(base, word()), base=base).tuning == base


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "needs recordings of sessions"),
        (Observed(bytes(96_000), VAD, []), "There is no speech_started event in 1 recording"),
        (
            Observed(bytes(96_000), SemanticVad(), [(100, 900)]),
            "The one turn of 1 recording was made under semantic_vad",
        ),
        (Observed(bytes(96_000), None, [(100, 900), (1000, 1900)]), "All 2 turns of 1 recording were made under"),
        (Observed(bytes(960), VAD, [(0, 5)]), r"there are 0\.02 s of it in 1 recording\. Is all the audio there"),
        (
            Observed(bytes(96_000), VAD, [(2100, 2400)]),
            "No turn of 1 begins within audio that was sent under server",
        ),
        (Observed(bytes(96_000), VAD, [(100, 900), (1200, 1500)]), "do not go with the audio"),
        ("no such file.rtnb", "There is no recording"),
        (3, "takes recordings"),
    ],
)
def test_what_cannot_be_calibrated(given: object, words: str) -> None:
    with pytest.raises((ConfigError, rtnb.errors.RecordingError), match=words):
        calibrate(given)


def test_the_summary_says_it_all() -> None:
    found = calibrate(observed(DetectorTuning(lag_ms=32)), name="mine")
    text = found.summary
    for words in (
        "mine",
        "engine silero; it holds for no other",
        "events explained",
        "start: residuals of 0 ms (median)",
        "would do as well",
        "lags 32 ms",
    ):
        assert words in text
    assert repr(found).startswith("Calibration('mine', ")
    assert list(found.residuals.columns) == [
        "recording",
        "event",
        "threshold",
        "observed_ms",
        "predicted_ms",
        "residual_ms",
        "hidden",
    ]
    assert np.array_equal(found.residuals["residual_ms"].to_numpy(), np.zeros(len(found.residuals)))


def test_a_calibration_is_written_as_json_or_yaml_only(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = calibrate(observed(DetectorTuning()))
    with pytest.raises(ConfigError, match=r"written as \.json or \.yaml"):
        found.save(tmp_path / "found.txt")
    with pytest.raises(ConfigError, match="cannot be written"):
        found.save(tmp_path / "nowhere" / "found.json")
