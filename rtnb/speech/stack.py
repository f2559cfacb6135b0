"""The voice stack: what hears, what speaks and what notices speech, loaded together and warm.

``RTNB_VOICE=tone`` in the environment asks for the light stack (tone voice, no recognition, the energy
detector): it loads in no time, fits tiny machines and gives the same result everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtnb.errors import ConfigError, MissingExtraError
from rtnb.speech.base import Recognizer, Synthesizer
from rtnb.speech.silent_ear import SilentEar
from rtnb.speech.tone import ToneVoice
from rtnb.speech.weights import INSTALL
from rtnb.vad.engines import Engine, default_engine, load_engine

__all__ = ["VARIABLE", "Progress", "VoiceStack", "load_voice_stack"]

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
    """

    recognizer: Recognizer
    synthesizer: Synthesizer
    vad_engine: Engine
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True when it hears, speaks and nothing is missing."""
        return not self.missing


def _light() -> VoiceStack:
    reason = (
        f"--voice tone (or {VARIABLE}=tone) asks for the light stack, whose replies are plain tones and which "
        "recognises no speech; leave it out to hear words."
    )
    return VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"), (reason,))


def _load_engine() -> Engine:
    engine = default_engine()
    engine.stream().push(np.zeros(engine.hop, dtype=np.float32))
    return engine


def _load_synthesizer() -> Synthesizer:
    from rtnb.speech.hibari_voice import HibariVoice

    voice = HibariVoice()
    # Two sentences: the first call reads the lexicons, and plans the transforms of one length.
    voice.synthesize("Hello there. This is a first sentence, so that the next one is quick.")
    return voice


def _load_recognizer() -> Recognizer:
    from rtnb.speech.whisper import Whisper

    ear = Whisper()
    # Not silence: that is answered without the model.
    ear.transcribe((np.random.default_rng(0).standard_normal(32000) * 0.05).astype(np.float32))
    return ear


def load_voice_stack(progress: Progress | None = None) -> VoiceStack:
    """Load and warm the best stack that is installed; takes about two seconds.

    The parts load side by side. One that is not installed is replaced (no recognition, the tone voice, a
    simpler detector) and named in ``missing``.

    Parameters
    ----------
    progress : callable, optional
        Called as ``progress(done, total, label)`` from the calling thread, first with 0 done, then after
        each part, whose name is the label.

    Raises
    ------
    WeightsError
        An installed model is not, byte for byte, the one that rtnb was tested with.
    ConfigError
        ``RTNB_VOICE`` is set to something unknown.

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
    if choice == "tone":
        report(0, 1, _VOICE)
        stack = _light()
        report(1, 1, _VOICE)
        return stack
    missing: dict[str, str] = {}
    parts = _load_all({_TURNS: _load_engine, _VOICE: _load_synthesizer, _EAR: _load_recognizer}, missing, report)
    engine: Engine = parts[_TURNS]
    if engine.name != "silero":
        missing[_TURNS] = f"Turn detection falls back to {engine.name}. Install the default: {INSTALL}"
    if _VOICE in missing:
        missing[_VOICE] = f"Replies are plain tones: no speech synthesis is installed. Install it: {INSTALL}"
    if _EAR in missing:
        missing[_EAR] = f"Speech is not recognised: no recogniser is installed. Install it: {INSTALL}"
    return VoiceStack(
        recognizer=parts.get(_EAR) or SilentEar(),
        synthesizer=parts.get(_VOICE) or ToneVoice(),
        vad_engine=engine,
        missing=tuple(missing[name] for name in (_EAR, _VOICE, _TURNS) if name in missing),
    )


def _load_all(loads: dict[str, Callable[[], Any]], missing: dict[str, str], report: Progress) -> dict[str, Any]:
    """What each load returns, run side by side; what is not installed goes to `missing`."""
    parts: dict[str, Any] = {}
    report(0, len(loads), next(iter(loads)))
    with ThreadPoolExecutor(2, thread_name_prefix="rtnb-voice") as pool:
        names: dict[Future[Any], str] = {pool.submit(load): name for name, load in loads.items()}
        for done, future in enumerate(as_completed(names), 1):
            name = names[future]
            try:
                parts[name] = future.result()
            except MissingExtraError as error:
                missing[name] = str(error)
            report(done, len(loads), name)
    return parts
