"""Audio files and resampling, by doing it."""

from __future__ import annotations

import io
from dataclasses import dataclass

from rtnb._plugins import told_of
from rtnb.checkup.report import Finding, Verdict

__all__ = ["Formats", "Resampled", "formats", "judge_formats", "judge_resampled", "resampled"]

WANTED = {"WAV": "PCM_16", "FLAC": "PCM_16", "MP3": "MPEG_LAYER_III", "OGG": "OPUS"}
"""Formats of files that people have, and the encoding that is tried."""
RATE_HZ = 24000


@dataclass(frozen=True, slots=True)
class Formats:
    """libsndfile and the formats that a tone came through."""

    version: str
    libsndfile: str
    failed: tuple[tuple[str, str], ...]
    """Format and reason."""


def formats() -> Formats:
    """Write a tone in each format, and read it again."""
    import numpy as np
    import soundfile

    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    failed = []
    for name, subtype in WANTED.items():
        try:
            place = io.BytesIO()
            soundfile.write(place, tone, RATE_HZ, format=name, subtype=subtype)
            place.seek(0)
            again, rate_hz = soundfile.read(place, dtype="float32")
            if abs(len(again) / rate_hz - 1.0) > 0.1 or not 0.2 < float(np.std(again)) < 0.5:
                failed.append((name, "the tone came back altered"))
        except Exception as error:
            failed.append((name, told_of(error)))
    return Formats(soundfile.__version__, soundfile.__libsndfile_version__, tuple(failed))


def judge_formats(facts: Formats) -> list[Finding]:
    """What they mean.

    Examples
    --------
    >>> judge_formats(Formats("0.14", "1.2.2", ()))[0].found
    'WAV, FLAC, MP3 and Opus are written and read (soundfile 0.14, libsndfile 1.2.2)'
    """
    names = {name: "Opus" if name == "OGG" else name for name in WANTED}
    bad = dict(facts.failed)
    versions = f"soundfile {facts.version}, libsndfile {facts.libsndfile}"
    if not bad:
        return [Finding("audio files", "ok", f"WAV, FLAC, MP3 and Opus are written and read ({versions})")]
    told = "; ".join(f"{names[name]} fails: {why}" for name, why in bad.items())
    remedy = "pip install --force-reinstall soundfile: its wheels bring a libsndfile that knows all four."
    verdict: Verdict = "problem" if bad.keys() & {"WAV", "FLAC"} else "note"
    return [Finding("audio files", verdict, f"{told} ({versions})", remedy)]


@dataclass(frozen=True, slots=True)
class Resampled:
    """What became of a tone that went to another rate and back."""

    version: str
    samples: int
    """How many came back of a second."""
    error: float
    """The largest difference, away from the ends; the tone has an amplitude of 0.5."""


def resampled() -> Resampled:
    """24 kHz to 16 kHz and back, the two rates that sessions and models use."""
    import numpy as np
    import soxr

    from rtnb.audio.resampling import resample

    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    again = resample(resample(tone, RATE_HZ, 16000), 16000, RATE_HZ)
    inside = slice(RATE_HZ // 10, -RATE_HZ // 10)
    same = len(again) == len(tone)
    error = float(np.abs(again - tone)[inside].max()) if same else float("inf")
    return Resampled(soxr.__version__, len(again), error)


def judge_resampled(facts: Resampled) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_resampled(Resampled("1.0", 24000, 2e-5))[0].verdict
    'ok'
    """
    if facts.samples == RATE_HZ and facts.error < 1e-2:
        return [Finding("resampling", "ok", f"24 kHz to 16 kHz and back (soxr {facts.version})")]
    told = f"a tone came back altered (soxr {facts.version}: {facts.samples} samples, error {facts.error:.3g})"
    return [Finding("resampling", "problem", told, "pip install --force-reinstall soxr")]
