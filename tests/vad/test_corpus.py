from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import rtnb
from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.labels.segments import Labels

FOLDER = Path(rtnb.sample("labelled"))
PAIRS = [(0.1, 0.4), (0.5, 0.9)]


def noise(seconds: float = 1.0) -> Clip:
    return Clip(np.random.default_rng(1).uniform(-0.1, 0.1, round(16000 * seconds)), 16000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three good recordings, of which one is in a sub-folder."""
    (tmp_path / "more").mkdir()
    for name, suffix in (("a", ".rttm"), ("b", ".csv"), ("more/c", ".TextGrid")):
        noise().save(tmp_path / f"{name}.wav")
        Labels.of(PAIRS, name=name).save(tmp_path / f"{name}{suffix}")
    return tmp_path


def peak_of(item: Item) -> float:
    return item.clip().peak


def test_samples_are_a_corpus() -> None:
    corpus = Corpus.load(FOLDER)
    assert len(corpus) == 8
    assert corpus.problems == ()
    assert repr(corpus) == "Corpus(8 recordings, 4.0 min, 49 labels)"
    assert corpus["dialogue_sample"].labels == Labels.load(FOLDER / "dialogue_sample.rttm")
    assert corpus.duration_s == pytest.approx(240, abs=0.01)
    with pytest.raises(ConfigError, match="no recording 'nix'; there are: ami_trn01"):
        corpus["nix"]


def test_folders_within_folders_and_any_format(folder: Path) -> None:
    corpus = Corpus.load(folder)
    assert corpus.names == ("a", "b", "c")
    assert all(item.labels is not None and len(item.labels.segments) == 2 for item in corpus)
    assert corpus.problems == ()


def test_a_broken_recording_among_many_is_named_and_the_rest_stays(folder: Path) -> None:
    (folder / "broken.wav").write_bytes(b"RIFF nonsense")
    (folder / "broken.rttm").write_text("SPEAKER broken 1 0.1 0.2 <NA> <NA> Ann <NA> <NA>\n")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "empty.csv").write_text("start_s,end_s\n")
    noise().save(folder / "late.wav")
    (folder / "late.csv").write_text("start_s,end_s\n100,200\n")
    noise().save(folder / "wrong.wav")
    (folder / "wrong.rttm").write_text("SPEAKER wrong 1 x 0.2 <NA> <NA> Ann <NA> <NA>\n")
    noise().save(folder / "bare.wav")
    (folder / "bare.txt").write_text("What was said.\n")
    Labels.of(PAIRS).save(folder / "lonely.rttm")
    noise().save(folder / "twice.wav")
    for suffix in (".rttm", ".txt"):
        Labels.of(PAIRS, name="twice").save(folder / f"twice{suffix}")
    corpus = Corpus.load(folder)
    assert corpus.names == ("a", "b", "c")
    said = {problem.split(":")[0]: problem for problem in corpus.problems}
    assert set(said) == {"broken", "empty", "late", "wrong", "bare", "lonely", "twice"}
    assert len(corpus.problems) == 7
    assert not any("\n" in problem for problem in corpus.problems)
    assert "cannot be read as audio" in said["broken"]
    assert "cannot be read as audio" in said["empty"]
    assert "begins after the end" in said["late"]
    assert "wrong.rttm, line 1: the begin is 'x'" in said["wrong"]
    assert "no labels of the same stem" in said["bare"]
    assert "no audio of the same stem" in said["lonely"]
    assert "twice.rttm, twice.txt; keep one" in said["twice"]
    assert repr(corpus).endswith("6 labels, 7 problems)")


def test_one_recording_in_two_audio_formats_does_not_count_twice(folder: Path) -> None:
    noise().save(folder / "a.flac")
    corpus = Corpus.load(folder)
    assert corpus.names == ("b", "c")
    assert corpus.problems == ("a: there are several audio files of this stem: a.flac, a.wav; keep one.",)


def test_copies_in_hidden_folders_are_left_alone(folder: Path) -> None:
    (folder / ".ipynb_checkpoints").mkdir()
    Labels.of(PAIRS).save(folder / ".ipynb_checkpoints" / "a-checkpoint.rttm")
    corpus = Corpus.load(folder)
    assert corpus.names == ("a", "b", "c")
    assert corpus.problems == ()


def test_a_folder_of_which_nothing_can_be_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no audio file has labels beside it"):
        Corpus.load(tmp_path)
    noise().save(tmp_path / "bare.wav")
    with pytest.raises(ConfigError, match="\n- bare: there are no labels"):
        Corpus.load(tmp_path)
    with pytest.raises(ConfigError, match="There is no folder"):
        Corpus.load(tmp_path / "nix")


def test_the_tier_of_every_textgrid(tmp_path: Path) -> None:
    noise().save(tmp_path / "a.wav")
    Labels.of([(0.1, 0.4, "Ann"), (0.2, 0.6, "Bob")]).save(tmp_path / "a.TextGrid")
    with pytest.raises(ConfigError, match="2 interval tiers: 'Ann', 'Bob'"):
        Corpus.load(tmp_path)
    (item,) = Corpus.load(tmp_path, tier="Bob")
    assert item.labels is not None
    assert [each.start_s for each in item.labels.segments] == [0.2]


def test_recordings_of_the_same_name_are_told_apart(folder: Path) -> None:
    noise().save(folder / "more" / "a.wav")
    Labels.of(PAIRS).save(folder / "more" / "a.scv")
    assert Corpus.load(folder).names == ("a", "b", "more/a", "c")
    clip = noise()
    assert Corpus.of([(folder / "a.wav", PAIRS), (folder / "more" / "a.wav", PAIRS)]).names == ("a", "a (2)")
    assert Corpus.of([(clip, PAIRS), (clip, PAIRS)]).names == ("recording 1", "recording 2")


def test_a_corpus_of_anything(folder: Path) -> None:
    loaded = Corpus.load(folder)
    assert Corpus.of(loaded) is loaded
    assert Corpus.of(folder).names == loaded.names
    assert Corpus.of(str(folder / "a.wav"))[0].labels == loaded["a"].labels
    clip = noise()
    (one,) = Corpus.of(clip, PAIRS)
    assert one.audio is clip
    assert one.labels is not None
    assert Corpus.of(loaded["b"]).names == ("b",)
    assert Corpus.of(loaded["b"], [(0.2, 0.3)])[0].labels == Labels.of([(0.2, 0.3)])
    named = Corpus.of({"x": (clip, PAIRS), "y": (folder / "b.wav", folder / "b.csv"), "z": folder / "a.wav"})
    assert named.names == ("x", "y", "z")
    assert [len(item.labels.segments) for item in named if item.labels is not None] == [2, 2, 2]
    assert Corpus.of(list(loaded)).names == loaded.names


def test_recordings_without_labels_matter_to_scores_alone(folder: Path) -> None:
    corpus = Corpus.of([(noise(), PAIRS), noise()])
    assert [item.labels is None for item in corpus] == [False, True]
    labelled = corpus.labelled()
    assert labelled.names == ("recording 1",)
    assert labelled.problems == ("recording 2: there are no labels.",)
    assert labelled.labelled() is labelled
    with pytest.raises(ConfigError, match="no recording has any:\n- recording 1: there are no labels"):
        Corpus.of(noise()).labelled()


def test_no_speech_at_all_is_a_label_too() -> None:
    (item,) = Corpus.of(noise(), []).labelled()
    assert item.labels == Labels(())


def test_what_is_broken_among_pairs_is_named(folder: Path) -> None:
    corpus = Corpus.of(
        {
            "good": (folder / "a.wav", PAIRS),
            "gone": (folder / "gone.wav", PAIRS),
            "late": (noise(), [(5.0, 6.0)]),
            "odd": (noise(), 7),
            "number": (7, PAIRS),
            "empty": (Clip.silence(0.0), []),
        }
    )
    assert corpus.names == ("good",)
    assert [problem.split(":")[0] for problem in corpus.problems] == ["gone", "late", "odd", "number", "empty"]


@pytest.mark.parametrize("value", [7, None, [(1, 2, 3)], [], {}, b"abc"])
def test_what_is_no_corpus_is_refused(value: object) -> None:
    with pytest.raises(ConfigError):
        Corpus.of(value)


def test_labels_that_overhang_are_cut_to_the_recording() -> None:
    (item,) = Corpus.of(noise(1.0), [(0.5, 1.3)])
    assert item.labels is not None
    assert item.labels.end_s == 1.0
    assert "1 label cut" in item.labels.notes[0]


def test_a_streamed_file_whose_header_does_not_know_its_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    path = noise(0.5).save(tmp_path / "a.wav")
    assert Item("a", path).duration_s == 0.5
    header = soundfile.info(path)
    monkeypatch.setattr(header, "frames", 2**63 - 1)
    monkeypatch.setattr(soundfile, "info", lambda _: header)
    assert Item("a", path).duration_s == 0.5


def test_items_pickle_small_and_other_processes_read_the_audio() -> None:
    corpus = Corpus.load(FOLDER)
    assert len(pickle.dumps(corpus)) < 8 * 1000
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(peak_of, corpus.items[:2])) == [peak_of(item) for item in corpus.items[:2]]
