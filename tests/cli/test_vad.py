"""``rtnb vad`` on real recordings."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.command import Command, Printed, shell

import rtnb
from rtnb import Clip
from rtnb.vad import Corpus, Setting, detect, probabilities, score, sweep

LABELLED = rtnb.sample("labelled")
ONE = LABELLED / "ami_trn07.flac"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures go to the current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def unlabelled(tmp_path: Path) -> Path:
    return Path(shutil.copy(rtnb.sample("weather_question"), tmp_path / "question.flac"))


def test_turns_and_a_picture(run: Command, unlabelled: Path, here: Path) -> None:
    printed = run("vad", unlabelled)
    assert (printed.status, printed.err) == (0, "")
    (turn,) = detect(probabilities(unlabelled), rtnb.ServerVad())
    row = next(line for line in printed.out.splitlines() if line.split()[:1] == ["1"])
    assert f" {turn.audio_start_ms} " in row and f" {turn.audio_end_ms}" in row and f"{turn.onset_s:.2f} s" in row
    assert "local emulation" in printed.out and printed.out.rstrip().endswith("Picture: question-vad.png")
    assert (here / "question-vad.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_picture_of_the_user_is_not_replaced_unless_named(run: Command, unlabelled: Path, here: Path) -> None:
    (here / "question-vad.png").write_bytes(b"mine")
    assert "Picture: question-vad-2.png" in run("vad", unlabelled).out
    assert (here / "question-vad.png").read_bytes() == b"mine"
    assert "replaced the one that was there" in run("vad", unlabelled, "--picture", "question-vad.png").out
    assert (here / "question-vad.png").read_bytes() != b"mine"


def test_settings_change_the_turns(run: Command, unlabelled: Path) -> None:
    options = ["--threshold", "0.9", "--silence", "700", "--prefix", "0", "--hysteresis", "0.3", "--json"]
    found = run("vad", unlabelled, *options).data
    setting = Setting(0.9, 0, 700, 0.3)
    assert found["setting"] == {
        "threshold": 0.9,
        "prefix_padding_ms": 0,
        "silence_duration_ms": 700,
        "hysteresis": 0.3,
    }
    expected = detect(probabilities(unlabelled), setting)
    turns = found["recordings"][0]["turns"]
    assert [(t["audio_start_ms"], t["audio_end_ms"]) for t in turns] == [
        (t.audio_start_ms, t.audio_end_ms) for t in expected
    ]


def test_a_calibrated_detector_names_itself_and_shifts_the_events(
    run: Command, unlabelled: Path, tmp_path: Path
) -> None:
    detector = tmp_path / "our.json"
    detector.write_text('{"lag_ms": 64, "name": "our server"}')
    plain = run("vad", unlabelled, "--json").data["recordings"][0]["turns"][0]
    moved = run("vad", unlabelled, "--json", "--detector", detector).data
    assert moved["prediction"] == "our server"
    assert moved["recordings"][0]["turns"][0]["audio_end_ms"] == plain["audio_end_ms"] + 64


def test_with_labels_the_scores_and_the_mistakes(run: Command) -> None:
    printed = run("vad", ONE, "--turn-gap", "0.7", "--no-picture")
    found = score(ONE, rtnb.ServerVad(), turn_gap_s=0.7)
    row = next(line for line in printed.out.splitlines() if line.startswith(" ami_trn07"))
    assert row.split()[1:4] == [str(found.turns), str(found.cut_offs), str(found.missed)]
    assert printed.out.count("missed turn") == found.missed and printed.out.count("false cut-off") == found.cut_offs
    assert "Picture" not in printed.out


def test_labels_may_lie_elsewhere(run: Command, tmp_path: Path, unlabelled: Path) -> None:
    marks = tmp_path / "marks.txt"
    marks.write_text("0.3\t1.4\tspeech\n")
    found = run("vad", unlabelled, "--labels", marks, "--turn-gap", "0.7", "--json").data
    assert found["score"]["turns"] == 1 and found["turn_gap_s"] == 0.7
    folder = tmp_path / "labels"
    folder.mkdir()
    shutil.copy(marks, folder / "question.txt")
    assert run("vad", unlabelled, "--labels", folder, "--turn-gap", "0.7", "--json").data["score"] == found["score"]


def test_without_a_turn_gap_labels_beside_the_audio_are_pointed_at(run: Command) -> None:
    printed = run("vad", ONE, "--no-picture")
    assert printed.status == 0 and "--turn-gap 0.7" in printed.err and "cut off" not in printed.out


def test_a_folder_is_scored_recording_by_recording(run: Command) -> None:
    rows = run("vad", LABELLED, "--turn-gap", "0.7", "--csv").rows
    assert [row["recording"] for row in rows] == list(Corpus.load(LABELLED).names)
    found = score(LABELLED, rtnb.ServerVad(), turn_gap_s=0.7)
    assert sum(int(row["errors"]) for row in rows) == found.errors
    total = run("vad", LABELLED, "--turn-gap", "0.7", "--json").data["score"]
    assert total["errors"] == found.errors and total["latency_p50_ms"] == pytest.approx(found.latency_p50_ms)


GRID = ["--threshold", "0.1:0.9:0.2", "--silence", "200,500,1000", "--prefix", "300"]


def test_a_sweep_says_what_is_best_and_what_that_is_worth(run: Command, here: Path) -> None:
    printed = run("vad", LABELLED, "--sweep", "--turn-gap", "0.7", *GRID)
    tried = sweep(
        LABELLED,
        threshold=[0.1, 0.3, 0.5, 0.7, 0.9],
        silence_duration_ms=[200, 500, 1000],
        prefix_padding_ms=300,
        turn_gap_s=0.7,
        progress=False,
    )
    best = tried.best()
    assert printed.status == 0 and "15 settings on 8 recordings" in printed.out
    assert f"ServerVad(threshold={best.setting.threshold:g}, prefix_padding_ms=300" in printed.out
    assert f"errors {tried.held_out().value_out:g} in place of {best.errors}" in printed.out
    lines = printed.out.splitlines()
    assert sum(line.startswith(" front") for line in lines) == len(tried.pareto())
    assert any(line.startswith(" default") for line in lines) and any(line.startswith(" held out") for line in lines)
    assert (here / "labelled-sweep-vad.png").exists()
    frame = run("vad", LABELLED, "--sweep", "--turn-gap", "0.7", *GRID, "--csv").rows
    assert len(frame) == 15 and sum(row["front"] == "True" for row in frame) == len(tried.pareto())
    assert [int(row["errors"]) for row in frame] == list(tried.frame.errors)


def test_objectives_that_can_be_gamed_are_refused_and_the_table_is_there(run: Command) -> None:
    options = ["--sweep", "--turn-gap", "0.7", *GRID, "--best", "latency_p50_ms", "--no-picture"]
    printed = run("vad", LABELLED, *options)
    assert "No best: " in printed.out and " front" in printed.out
    limits = ["--at-most", "cut_off_rate=0.5", "--at-most", "merged=3", "--at-most", "missed=6", "--at-most"]
    found = run("vad", LABELLED, *options[:-1], *limits, "false_starts=9", "--at-most", "late=3", "--json").data
    assert found["best"]["objective"] == "latency_p50_ms" and found["best"]["constraints"]["merged"] == 3


def test_json_is_json_everywhere(run: Command) -> None:
    found = run("vad", LABELLED, "--sweep", "--turn-gap", "0.7", *GRID, "--json").data
    assert found["held_out"]["objective"] == "errors" and found["settings"] == 15
    assert all(math.isfinite(row["errors"]) for row in found["front"])


def test_one_broken_file_leaves_the_others(run: Command, tmp_path: Path, unlabelled: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF, not really")
    printed = run("vad", unlabelled, bad, "--csv")
    assert printed.status == 1 and len(printed.rows) == 1
    (line,) = printed.err.splitlines()
    assert line.startswith("rtnb: bad: ")


def test_silence_has_no_turns(run: Command, tmp_path: Path) -> None:
    quiet = Clip.silence(2.0).save(tmp_path / "quiet.wav")
    printed = run("vad", quiet, "--no-picture")
    assert printed.status == 0 and "No speech found" in printed.out


@pytest.mark.parametrize("kind", ["missing", "empty", "folder"])
def test_files_that_are_none(run: Command, tmp_path: Path, kind: str) -> None:
    place = tmp_path / f"{kind}.wav"
    if kind == "empty":
        import soundfile

        soundfile.write(place, np.zeros(0, np.float32), 16_000)
    if kind == "folder":
        place.mkdir()
    printed = run("vad", place)
    assert (printed.status, printed.out) == (1, "")
    assert printed.err.startswith("rtnb: ") and len(printed.err.splitlines()) <= 2 and kind in printed.err


def test_labels_that_do_not_fit(run: Command, tmp_path: Path, unlabelled: Path) -> None:
    marks = tmp_path / "late.txt"
    marks.write_text("100\t200\tspeech\n")
    printed = run("vad", unlabelled, "--labels", marks, "--turn-gap", "0.7")
    assert (printed.status, printed.out) == (1, "") and "after the end" in printed.err
    printed = run("vad", unlabelled, "--labels", tmp_path / "none.rttm", "--turn-gap", "0.7")
    assert printed.status == 1 and "none.rttm" in printed.err


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--sweep", "--turn-gap", "0.7"], 1, "needs labels"),
        (["--sweep"], 2, "--turn-gap 0.7 is usual"),
        (["--turn-gap", "0.7"], 1, "none were found"),
        (["--threshold", "0.3,0.5"], 2, "several are for --sweep"),
        (["--best", "errors"], 2, "is for --sweep"),
        (["--at-most", "merged=0"], 2, "is for --sweep"),
        (["--picture", "p.jpg"], 2, "ends in .png"),
        (["--threshold", "1.5"], 1, "threshold"),
        (["--hysteresis", "2"], 1, "hysteresis"),
        (["--silence", "-5"], 1, "silence_duration_ms"),
        (["--engine", "nobody"], 1, "nobody"),
        (["--detector", "lag=3"], 1, "lag"),
    ],
)
def test_options_that_do_not_fit(run: Command, unlabelled: Path, options: list[str], status: int, told: str) -> None:
    printed = run("vad", unlabelled, *options)
    assert (printed.status, printed.out) == (status, "") and told in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--threshold", "loud"),
        ("--threshold", "0.5:0.1:0.1"),
        ("--threshold", "0:1:0"),
        ("--threshold", "0:1:0.000001"),
        ("--threshold", "nan"),
        ("--silence", "200.5"),
        ("--turn-gap", "0"),
        ("--at-most", "merged"),
    ],
)
def test_values_that_are_none(
    run: Command, unlabelled: Path, option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run("vad", unlabelled, option, text)
    assert caught.value.code == 2
    assert text.split(":")[0] in capsys.readouterr().err


def test_in_a_process_of_its_own_with_a_pipe(unlabelled: Path) -> None:
    printed = shell("vad", unlabelled, "--no-picture", COLUMNS="60")
    assert (printed.status, printed.err) == (0, "")
    assert all(len(line) <= 60 for line in printed.out.splitlines())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sweep", "--turn-gap", "0.7", "--best", "nonsense"], "nonsense"),
        (["--sweep", "--turn-gap", "0.7", "--best", "turns"], "no objective"),
        (["--sweep", "--turn-gap", "0.7", "--at-most", "foo=3"], "foo"),
        (["--sweep", "--turn-gap", "0.7", "--at-most", "errors=-1"], "0 or more"),
        (["--picture", "no/such.png"], "no folder 'no'"),
        (["--turns"], "--csv"),
        (["-"], "standard input"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_computed(
    run: Command, options: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: object, **options: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr("rtnb.cli.vad_reading.read", never)
    try:
        printed = run("vad", ONE, *options)
    except SystemExit as end:  # argparse's own
        printed = Printed(int(end.code or 0), *run.capsys.readouterr())
    assert printed.status == 2 and told in " ".join(printed.err.split()) and not printed.out


def test_no_best_is_a_status_of_its_own(run: Command) -> None:
    printed = run("vad", ONE, "--sweep", "--turn-gap", "0.7", *GRID, "--best", "latency_p50_ms", "--csv")
    assert printed.status == 1 and "No best" in printed.err and "can be gamed" in printed.err and printed.rows


def test_labels_of_another_recording_or_without_speech_are_told(run: Command, tmp_path: Path) -> None:
    other = tmp_path / "other.rttm"
    other.write_text("SPEAKER other 1 1.0 2.0 <NA> <NA> A <NA> <NA>\n")
    printed = run("vad", ONE, "--labels", other, "--turn-gap", "0.7", "--json")
    assert "labels of 'other'" in printed.err
    assert run("vad", ONE, "--labels", LABELLED / "ami_trn07.rttm", "--turn-gap", "0.7", "--json").err == ""
    over = tmp_path / "ami_trn07.csv"
    over.write_text("start_s,end_s\n29.0,30.5\n")
    assert "cut to the recording's end" in run("vad", ONE, "--labels", over, "--turn-gap", "0.7", "--json").err
    none = tmp_path / "ami_trn07.csv"
    none.write_text("start_s,end_s\n")
    printed = run("vad", ONE, "--labels", none, "--turn-gap", "0.7", "--no-picture")
    assert "hold no speech" in printed.err and "labels without speech" in printed.out


def test_csv_has_every_recording_and_turns_where_asked(run: Command, unlabelled: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    Clip.silence(2.0).save(silent)
    rows = run("vad", unlabelled, silent, "--csv").rows
    assert [(row["recording"], row["turn"]) for row in rows] == [("question", "1"), ("silent", "")]
    rows = run("vad", ONE, silent, "--turn-gap", "0.7", "--csv").rows
    assert [(row["recording"], bool(row["errors"])) for row in rows] == [("ami_trn07", True), ("silent", False)]
    turns = run("vad", ONE, silent, "--turn-gap", "0.7", "--csv", "--turns").rows
    assert len(turns) == len(detect(probabilities(ONE), rtnb.ServerVad())) + 1 and turns[0]["audio_end_ms"]


def test_silence_is_told_in_words(run: Command, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    Clip.silence(2.0).save(silent)
    out = run("vad", silent, "--no-picture").out
    assert "No speech found in 1 recording." in out and "audio_start_ms" not in out


def test_a_sweep_names_recordings_without_labels(run: Command, tmp_path: Path, here: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name in ("ami_trn06.flac", "ami_trn06.rttm", "ami_trn07.flac"):
        shutil.copy(LABELLED / name, folder / name)
    printed = run("vad", folder, "--sweep", "--turn-gap", "0.7", "--no-picture", *GRID)
    assert printed.status == 0 and "on 1 recording," in printed.out
    assert "ami_trn07 has no labels of the same stem beside it, and is left out." in printed.err
