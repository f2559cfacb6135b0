"""A sentence is spoken and recognised: the whole voice stack at work, and how fast this machine is at it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from rtnb._plugins import told_of
from rtnb.checkup import models
from rtnb.checkup.report import Finding

__all__ = ["SENTENCE", "Spoken", "judge_spoken", "spoken"]

SENTENCE: Final = "Please tell me when the next train to the city leaves."

BEARABLE: Final = 1.0
"""Seconds of speech a second of work; below that answers come slower than they are spoken."""
COMFORTABLE: Final = 2.0
"""From there on a conversation has time to spare, also while something else runs. Own choice."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of the sentence.

    Parameters
    ----------
    speech_s : float
        How long it is as speech.
    work_s : float
        How long synthesis and recognition took.
    errors : int or None
        Words that were recognised wrongly; None where there is no voice or no ear.
    heard : str
    cores : int
    said : str
        Why it failed.
    unloaded : bool
        Whether the models could not be loaded.
    """

    speech_s: float = 0.0
    work_s: float = 0.0
    errors: int | None = None
    heard: str = ""
    cores: int = 1
    said: str = ""
    unloaded: bool = False

    @property
    def pace(self) -> float:
        """Seconds of speech that are made and recognised in a second."""
        return self.speech_s / self.work_s if self.work_s > 0 else 0.0


def spoken() -> Spoken:
    """Speak and listen, on the stack that is loaded."""
    from rtnb._cores import usable_cores
    from rtnb.audio.resampling import resample
    from rtnb.session.verbs.word_errors import word_errors

    stack = models.stack()
    if stack is None:
        return Spoken(unloaded=True)
    try:
        if not (stack.recognizer.available and stack.synthesizer.available):
            return Spoken(cores=usable_cores())
        begun_s = time.perf_counter()
        samples = stack.synthesizer.synthesize(SENTENCE)
        rate_hz = int(getattr(stack.synthesizer, "rate_hz", 24000))
        heard = stack.recognizer.transcribe(resample(samples, rate_hz, 16000)).text
        work_s = time.perf_counter() - begun_s
    except Exception as error:
        return Spoken(said=told_of(error))
    return Spoken(len(samples) / rate_hz, work_s, word_errors(SENTENCE, heard).errors, heard, usable_cores())


def judge_spoken(facts: Spoken) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> [f.found for f in judge_spoken(Spoken(2.6, 0.5, 0, SENTENCE, 2))]
    ['a sentence was spoken and recognised, word for word', '5.2 s of speech a second, on 2 cores']
    """
    if facts.said:
        return [Finding("spoken sentence", "problem", facts.said, 'pip install --force-reinstall "rtnb[local]"')]
    if facts.unloaded:
        return [Finding("spoken sentence", "skipped", "the models are not loaded")]
    if facts.errors is None:
        return [Finding("spoken sentence", "skipped", "there is no voice or no recogniser here")]
    words = len(SENTENCE.split())
    if facts.errors == 0:
        found = [Finding("spoken sentence", "ok", "a sentence was spoken and recognised, word for word")]
    elif facts.errors <= words // 3:
        told = f"{facts.errors} of {words} words were recognised wrongly: '{facts.heard}'"
        found = [Finding("spoken sentence", "note", told, "Engines of one's own may; rtnb's make no mistake here.")]
    else:
        told = f"spoken: '{SENTENCE}', recognised: '{facts.heard}'"
        found = [Finding("spoken sentence", "problem", told, 'pip install --force-reinstall "rtnb[local]"')]
    return [*found, _pace(facts)]


def _pace(facts: Spoken) -> Finding:
    cores = "one core" if facts.cores == 1 else f"{facts.cores} cores"
    told = f"{facts.pace:.1f} s of speech a second, on {cores}"
    if facts.pace < BEARABLE:
        return Finding("pace", "problem", f"{told}: slower than it is spoken",
                       "Close what else runs, or use RTNB_VOICE=tone, or the API.")  # fmt: skip
    if facts.pace < COMFORTABLE:
        return Finding("pace", "note", f"{told}: answers may come late",
                       "Close what else runs; a container may be given another core.")  # fmt: skip
    return Finding("pace", "ok", told)
