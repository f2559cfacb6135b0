from __future__ import annotations

from dataclasses import replace
from typing import Any

from support.markup import assert_harmless

from rtnb import SemanticVad
from rtnb.lab.trials.heard import HeardTurn
from rtnb.lab.trials.results import Trial, TrialRun
from rtnb.plots.grid import text_columns
from rtnb.plots.vad.trial_chart import trial_bundle, trial_figure, trial_picture
from rtnb.vad import Setting, default_tuning, detect
from rtnb.vad import score as score_of

LOCAL = "local emulation"


def run_of(track: Any, setting: Setting, *, late_ms: int = 0, lost: int = 0, problem: str = "") -> TrialRun:
    """A session that heard what was predicted, later by so much, without the first `lost` turns."""
    predicted = detect(track, setting)
    heard = tuple(
        HeardTurn(t.audio_start_ms + late_ms, t.audio_end_ms + late_ms, t.onset_s, t.end_s, t.onset_s, t.end_s)
        for t in predicted[lost:]
    )
    return TrialRun(setting, setting.vad, str(setting), (), heard, predicted, {}, 30.0, LOCAL, problem=problem)


def trial_of(item: Any, track: Any, *runs: TrialRun) -> Trial:
    return Trial(item.clip(), track, default_tuning(), runs, "embedded server", "rtnb-echo", labels=item.labels)


def test_residuals_and_what_has_no_partner_are_told(item: Any, track: Any) -> None:
    trial = trial_of(
        item, track, run_of(track, Setting(0.5, 300, 350), late_ms=12, lost=1),
        run_of(track, Setting(0.3, 300, 500), problem="The connection was lost."),
    )  # fmt: skip
    given = trial._repr_mimebundle_()
    assert set(given) == {"text/plain", "text/html", "image/png"}
    html = assert_harmless(given["text/html"]).text()
    for told in (html, " ".join(given["text/plain"].split())):
        assert "+12 ms" in told
        assert "ended early: 0.30 / 300 / 500: The connection was lost." in told
        assert "local emulation, not calibrated to a server" in told
        assert "embedded server" in told
    assert all(text_columns(line) <= 100 for line in given["text/plain"].split("\n"))
    assert "starts within 12 ms, ends within 12 ms" in trial_picture(trial).alt


def test_words_of_the_picture_do_not_meet(item: Any, track: Any) -> None:
    runs = [run_of(track, Setting(0.1 * i + 0.1, 300, 350), late_ms=10 * i) for i in range(8)]
    picture = trial_picture(trial_of(item, track, *(replace(run, title=run.title * 9) for run in runs)))
    boxes = picture.boxes
    assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []
    assert any("6 of 8 settings" in text.get_text() for text in picture.figure.axes[0].texts)


def test_a_turn_that_never_stopped_and_nothing_at_all(item: Any, track: Any) -> None:
    run = run_of(track, Setting(0.5, 300, 350))
    open_end = replace(run.heard[-1], audio_end_ms=None, closed=False, end_s=30.0)
    silent = replace(run, heard=(), title="silent")
    trial = trial_of(item, track, replace(run, heard=(*run.heard[:-1], open_end)), silent)
    assert "nothing was heard" in [text.get_text() for text in trial_figure(trial).axes[0].texts]
    assert "nothing was tried" in trial_bundle(trial_of(item, track))["text/html"]


def test_settings_without_numbers_have_their_name_in_the_table_of_scores(item: Any, track: Any) -> None:
    run = run_of(track, Setting(0.5, 300, 350))
    score = score_of([(item.audio, item.labels)], Setting(0.5, 300, 350), turn_gap_s=0.7)
    judged = replace(run, setting=SemanticVad(eagerness="low"), title="semantic_vad low", score=score)
    judged = replace(judged, score=replace(score, setting=judged.setting))
    html = trial_bundle(trial_of(item, track, judged))["text/html"]
    assert "semantic_vad low" in html and "SemanticVad(" not in html


def test_sessions_that_were_not_sent_everything_say_how_far_they_came(item: Any, track: Any) -> None:
    broken = replace(run_of(track, Setting(0.5, 300, 350), problem="The connection was lost."), sent_s=12.0)
    idle = replace(broken, title="never", heard=(), predicted=(), sent_s=0.0, problem="not started")
    words = assert_harmless(trial_bundle(trial_of(item, track, broken, idle))["text/html"]).text()
    assert "ended early, after 12.0 s" in words and "not started: never" in words and "not started: never:" not in words
    assert "could tell by then" in words
