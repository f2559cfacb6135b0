"""The voice stack: what hears, what speaks and what notices speech, loaded together and warm.

``RTNB_VOICE=tone`` in the environment asks for the light stack (tone voice, no recognition, the energy
detector): it loads in no time, fits tiny machines and gives the same result everywhere. ``RTNB_EAR`` and ``RTNB_TTS``
choose the recogniser and the synthesiser by name, in either stack: see :mod:`rtnb.speech.engines`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtnb._threads import DaemonPool
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.speech.base import Recognizer, Synthesizer
from rtnb.speech.engines import AUTO, EAR, TTS, chosen, known_engines, load_ear, load_tts
from rtnb.speech.silent_ear import SilentEar
from rtnb.speech.tone import ToneVoice
from rtnb.speech.weights import INSTALL
from rtnb.vad.engines import Engine, default_engine, load_engine

__all__ = ["VARIABLE", "Progress", "VoiceStack", "load_voice_stack", "without_voices"]

VARIABLE = "RTNB_VOICE"
"""The environment variable that chooses the stack: ``auto`` (or unset) or ``tone``."""

Progress = Callable[[int, int, str], None]
"""Called with parts done, parts in all and the name of what was finished or is next."""

_TURNS, _VOICE, _EAR = "turn detection", "speech synthesis", "speech recognition"


@dataclass(frozen=True, slots=True)
class VoiceStack:
    """What a server needs to converse.

    Attributes
    ----------
    recognizer : Recognizer
        Audio to text; its ``available`` is False when nothing here can hear.
    synthesizer : Synthesizer
        Text to audio; its ``available`` is False when it is the tone voice.
    vad_engine : Engine
        Speech probabilities for turn detection.
    missing : tuple of str
        What is absent and what to install, one sentence each, for people; empty when all is there.
    turn_end : str
        What judges, besides silence, whether a speaker is done: ``"words"``, ``"words and smart-turn-v3.2"``, or
        ``"silence"`` where nothing is recognised.
    """

    recognizer: Recognizer
    synthesizer: Synthesizer
    vad_engine: Engine
    missing: tuple[str, ...] = ()
    turn_end: str = "words"

    @property
    def names(self) -> dict[str, str]:
        """What hears, speaks, notices speech and judges its end, for logs and health checks."""
        return {
            "recognizer": self.recognizer.name,
            "synthesizer": self.synthesizer.name,
            "vad": self.vad_engine.name,
            "turn_end": self.turn_end,
        }

    @property
    def complete(self) -> bool:
        """True when it hears, speaks and nothing is missing."""
        return not self.missing


def without_voices(reason: str) -> VoiceStack:
    """What is left where nothing could be loaded: it hears nothing and has no voice, and says why.

    Examples
    --------
    >>> without_voices("There is no ear.").missing
    ('There is no ear.',)
    """
    return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"), (reason,), "silence")


def _light(ear: str, tts: str) -> VoiceStack:
    """The light stack, but for what is chosen by name."""
    reason = (
        f"--voice tone (or {VARIABLE}=tone) asks for the light stack, whose replies are plain tones and which "
        "recognises no speech; leave it out to hear words."
    )
    recognizer: Recognizer = SilentEar() if ear == AUTO else load_ear(ear)
    synthesizer: Synthesizer = ToneVoice() if tts == AUTO else load_tts(tts)
    whole = recognizer.available and synthesizer.available
    return VoiceStack(recognizer, synthesizer, load_engine("energy"), () if whole else (reason,), _turn_end(recognizer))


def _load_engine() -> Engine:
    engine = default_engine()
    engine.stream().push(np.zeros(engine.hop, dtype=np.float32))
    return engine


def _turn_end(recognizer: Recognizer) -> str:
    from rtnb.speech.smart_turn import VARIABLE as PATH
    from rtnb.speech.smart_turn import SmartTurn, find_smart_turn, shared_smart_turn

    found = find_smart_turn()
    if os.environ.get(PATH, "").strip():
        # Asked for by its path: whatever is wrong with it is said now, not in the middle of a session.
        shared_smart_turn()
    judges = (["words"] if recognizer.available else []) + ([SmartTurn.name] if found is not None else [])
    return " and ".join(judges) or "silence"


def load_voice_stack(progress: Progress | None = None, *, ear: str | None = None, tts: str | None = None) -> VoiceStack:
    """Load and warm the best stack that is installed; takes about two seconds.

    The parts load side by side. One that is not installed is replaced (no recognition, the tone voice, a
    simpler detector) and named in ``missing``; one that is chosen by its name must be there.

    Parameters
    ----------
    progress : callable, optional
        Called as ``progress(done, total, label)`` from the calling thread, first with 0 done, then after
        each part, whose name is the label.
    ear, tts : str, optional
        The recogniser and the synthesiser by name (see :mod:`rtnb.speech.engines`); what ``RTNB_EAR`` and
        ``RTNB_TTS`` say, or the best ones, by default.

    Raises
    ------
    WeightsError
        An installed model is not, byte for byte, the one that rtnb was tested with.
    MissingExtraError, ModelError
        An engine that was chosen by name is not installed, or cannot be made.
    ConfigError
        ``RTNB_VOICE`` is set to something unknown, or there is no engine by that name.

    Examples
    --------
    >>> import os
    >>> from rtnb.speech import load_voice_stack
    >>> os.environ["RTNB_VOICE"] = "tone"
    >>> load_voice_stack().synthesizer.name
    'tone'
    >>> del os.environ["RTNB_VOICE"]
    """
    report = progress or (lambda done, total, label: None)
    choice = os.environ.get(VARIABLE, "").strip().lower()
    if choice not in ("", "auto", "tone"):
        raise ConfigError(f"{VARIABLE} is {choice!r}; it may be 'auto' or 'tone', or unset.")
    known_engines(ear, tts)
    ear, tts = chosen(ear, EAR), chosen(tts, TTS)
    if choice == "tone":
        report(0, 1, _VOICE)
        stack = _light(ear, tts)
        report(1, 1, _VOICE)
        return stack
    missing: dict[str, str] = {}
    needed = {name for name, choice in ((_EAR, ear), (_VOICE, tts)) if choice != AUTO}
    loads = {_TURNS: _load_engine, _VOICE: lambda: load_tts(tts), _EAR: lambda: load_ear(ear)}
    parts = _load_all(loads, needed, missing, report)
    engine: Engine = parts[_TURNS]
    if engine.name != "silero":
        missing[_TURNS] = f"Turn detection falls back to {engine.name}. Install the default: {INSTALL}"
    if _VOICE in missing or tts == "tone":
        reason = (
            "no speech synthesis is installed. Install it: " + INSTALL
            if _VOICE in missing
            else "the tone voice was chosen by name."
        )
        missing[_VOICE] = f"Replies are plain tones: {reason}"
    if _EAR in missing or ear == "none":
        why = f"no recogniser is installed. Install it: {INSTALL}" if _EAR in missing else "that was chosen by name."
        missing[_EAR] = f"Speech is not recognised: {why}"
    recognizer = parts.get(_EAR) or SilentEar()
    return VoiceStack(
        recognizer=recognizer,
        synthesizer=parts.get(_VOICE) or ToneVoice(),
        vad_engine=engine,
        missing=tuple(missing[name] for name in (_EAR, _VOICE, _TURNS) if name in missing),
        turn_end=_turn_end(recognizer),
    )


def _load_all(
    loads: dict[str, Callable[[], Any]], needed: set[str], missing: dict[str, str], report: Progress
) -> dict[str, Any]:
    """What each load returns, run side by side; what is not installed and not needed goes to `missing`."""
    parts: dict[str, Any] = {}
    report(0, len(loads), next(iter(loads)))
    pool = DaemonPool(2, name="rtnb-voice")
    try:
        names: dict[Future[Any], str] = {pool.submit(load): name for name, load in loads.items()}
        for done, future in enumerate(as_completed(names), 1):
            name = names[future]
            try:
                parts[name] = future.result()
            except MissingExtraError as error:
                if name in needed:
                    raise
                missing[name] = str(error)
            report(done, len(loads), name)
    finally:
        # Where one has failed, another may hang.
        pool.shutdown(wait=len(parts) + len(missing) == len(loads), cancel_futures=True)
    return parts
