"""The proof: a server is altered on purpose, and the calibration finds out how, from nothing but a saved recording."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.calibrations import FAST, altered, excerpts, sent, speech

import rtnb
from rtnb import Clip, ServerVad
from rtnb.vad import DetectorTuning, detect, load_tuning
from rtnb.vad.calibration.calibrating import calibrate
from rtnb.vad.calibration.recorded import observed_in
from rtnb.vad.calibration.result import Calibration

SECRET = DetectorTuning(
    hysteresis=0.25, lag_ms=60, end_lag_ms=130, threshold_map=((0.3, 0.41), (0.5, 0.62)), name="secret"
)
HALF = ServerVad(threshold=0.5, prefix_padding_ms=0, silence_duration_ms=100, **FAST)
LOW = ServerVad(threshold=0.3, prefix_padding_ms=50, silence_duration_ms=160, **FAST)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another threshold in the middle, and a buffer that is cleared."""
    steps = [HALF, speech(), excerpts()[2], LOW, speech(), "clear", excerpts()[4]]
    return sent(altered(SECRET), steps, tmp_path_factory.mktemp("calibration") / "altered.rtnb")


@pytest.fixture(scope="module")
def found(recorded: Path) -> Calibration:
    return calibrate(recorded)


def test_every_event_is_explained_to_the_millisecond(found: Calibration) -> None:
    assert found.matched >= 40 and found.missing == found.extra == 0
    assert not found.start_residuals_ms.any() and not found.end_residuals_ms.any()


def test_lags_are_found_exactly(found: Calibration) -> None:
    assert (found.tuning.onset_shift_ms, found.tuning.end_shift_ms) == (60, 130)
    assert found.ranges["lag_ms"] == (60, 60) and found.ranges["end_lag_ms"] == (130, 130)


def test_thresholds_and_hysteresis_are_found_within_what_can_be_told(found: Calibration) -> None:
    for asked, effective in SECRET.threshold_map:
        low, high = found.ranges[f"threshold {asked:g}"]
        assert low <= effective <= high and high - low < 0.1
        assert found.tuning.effective_threshold(asked) == pytest.approx(effective, abs=0.03)
    low, high = found.ranges["hysteresis"]
    assert low <= SECRET.hysteresis <= high and high - low < 0.05
    assert found.tuning.hysteresis == pytest.approx(SECRET.hysteresis, abs=0.02)
    assert found.tuning.min_speech_ms == 0


@pytest.mark.parametrize(("vad", "place"), [(HALF, 6), (LOW, 7)])
def test_what_it_predicts_of_another_recording_is_what_the_server_says(
    found: Calibration, vad: ServerVad, place: int, tmp_path: Path
) -> None:
    held_out = Clip.concat([excerpts()[place], Clip.silence(1.0)])
    (heard,) = observed_in(sent(altered(SECRET), [vad, held_out], tmp_path / "held out.rtnb"))
    track = rtnb.vad.probabilities(held_out, as_sent=True, cache=False)

    def told(tuning: DetectorTuning | None) -> list[tuple[int, int]]:
        turns = detect(track, vad.resolved(), tuning=tuning)
        return [(turn.audio_start_ms, turn.audio_end_ms) for turn in turns]

    assert len(heard.turns) >= 2
    assert told(found.tuning) == list(heard.turns) == told(SECRET)
    assert told(None) != list(heard.turns)


def test_predictions_are_called_by_it(found: Calibration, tmp_path: Path) -> None:
    date = found.tuning.name.split(", ")[1]
    assert found.tuning.name == f"calibrated to embedded server, {date}, 1 recording" and len(date) == 10
    assert found.tuning.engine == found.engine == "silero"
    score = rtnb.vad.score(rtnb.sample("labelled"), HALF, turn_gap_s=0.7, tuning=found.tuning, as_sent=True)
    assert score.prediction == found.tuning.name
    track = rtnb.vad.probabilities(excerpts()[6], engine="energy", as_sent=True, cache=False)
    assert {turn.prediction for turn in detect(track, HALF, tuning=found.tuning)} == {
        f"{found.tuning.name}, engine energy"
    }
    for name in ("server.yaml", "server.json"):
        again = load_tuning(found.save(tmp_path / name))
        assert again == found.tuning and again.to_dict() == found.tuning.to_dict()
        assert rtnb.LocalServer(detector=tmp_path / name).detector == found.tuning


def test_one_session_may_hold_everything(tmp_path: Path) -> None:
    """On the telephone, with a stretch of semantic_vad, and one of manual turns with a commit."""
    clips = excerpts()
    begin = {"turn_detection": HALF, "input_format": "audio/pcmu"}
    by_hand: list[object] = [{"turn_detection": None}, clips[5][0.0:3.0], "commit"]
    steps = [begin, clips[2], rtnb.SemanticVad(**FAST), clips[4][0.0:9.0], HALF, clips[6], *by_hand, HALF, clips[4]]
    path = sent(altered(SECRET), steps, tmp_path / "everything.rtnb")  # type: ignore[arg-type]
    (heard,) = observed_in(path)
    found = calibrate(path)
    assert found.missing == found.extra == 0 and 20 <= found.matched < 2 * len(heard.turns)
    assert not found.start_residuals_ms.any() and not found.end_residuals_ms.any()
    low, high = found.ranges["threshold 0.5"]
    assert low <= 0.62 <= high and (found.tuning.onset_shift_ms, found.tuning.end_shift_ms) == (60, 130)


def test_a_server_that_was_not_altered_is_found_to_be_as_supposed(tmp_path: Path) -> None:
    usual = DetectorTuning(name="not told")
    found = calibrate(sent(altered(usual), [HALF, speech(), LOW, excerpts()[2]], tmp_path / "usual.rtnb"))
    assert found.tuning == usual and found.tuning.name != "not told"
    assert found.missing == found.extra == 0


def test_minimum_speech_is_found_where_short_bursts_show_it(tmp_path: Path) -> None:
    secret = DetectorTuning(min_speech_ms=200, lag_ms=-20, name="secret")
    clips = [excerpts()[place] for place in (2, 5, 6)]
    found = calibrate(sent(altered(secret), [HALF, *clips], tmp_path / "patient.rtnb"))
    low, high = found.ranges["min_speech_ms"]
    assert low <= 200 <= high and high - low <= 160 and low <= found.tuning.min_speech_ms <= high
    assert found.tuning.onset_shift_ms == found.tuning.end_shift_ms == -20
    assert found.missing == found.extra == 0
