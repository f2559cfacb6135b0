"""Audio files and resampling."""

from __future__ import annotations

import pytest

from rtnb.checkup.audio import Formats, Resampled, formats, judge_formats, judge_resampled, resampled


def test_here() -> None:
    assert judge_formats(formats())[0].verdict == "ok"
    assert judge_resampled(resampled())[0].verdict == "ok"


@pytest.mark.parametrize(("name", "verdict"), [("WAV", "problem"), ("MP3", "note"), ("OGG", "note")])
def test_a_format_fails(name: str, verdict: str) -> None:
    (finding,) = judge_formats(Formats("0.12", "1.0.31", ((name, "LibsndfileError: unknown format"),)))
    assert finding.verdict == verdict and "soundfile" in finding.remedy
    assert ("Opus" if name == "OGG" else name) in finding.found


def test_a_format_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    write = soundfile.write

    def without_mp3(file: object, *rest: object, **members: object) -> None:
        if members["format"] == "MP3":
            raise RuntimeError("Format not recognised")
        write(file, *rest, **members)

    monkeypatch.setattr(soundfile, "write", without_mp3)
    assert formats().failed == (("MP3", "RuntimeError: Format not recognised"),)


@pytest.mark.parametrize("facts", [Resampled("1.0", 23_000, float("inf")), Resampled("1.0", 24_000, 0.2)])
def test_resampling_that_alters(facts: Resampled) -> None:
    assert judge_resampled(facts)[0].verdict == "problem"
