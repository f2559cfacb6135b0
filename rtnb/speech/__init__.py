"""Local speech engines behind small protocols: recognition, synthesis, and what stands in for them.

Importing this package loads no model and no engine; names arrive when they are used.

Examples
--------
>>> import rtnb.speech
>>> rtnb.speech.SilentEar().available
False
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtnb.speech.base import Recognizer as Recognizer
    from rtnb.speech.base import Synthesizer as Synthesizer
    from rtnb.speech.base import Transcription as Transcription
    from rtnb.speech.hibari_voice import HibariVoice as HibariVoice
    from rtnb.speech.loader import VoiceLoader as VoiceLoader
    from rtnb.speech.loader import shared_loader as shared_loader
    from rtnb.speech.silent_ear import SilentEar as SilentEar
    from rtnb.speech.stack import VoiceStack as VoiceStack
    from rtnb.speech.stack import load_voice_stack as load_voice_stack
    from rtnb.speech.tone import ToneVoice as ToneVoice
    from rtnb.speech.whisper import Whisper as Whisper

_HOMES = {
    "HibariVoice": "hibari_voice",
    "Recognizer": "base",
    "SilentEar": "silent_ear",
    "Synthesizer": "base",
    "ToneVoice": "tone",
    "Transcription": "base",
    "VoiceLoader": "loader",
    "VoiceStack": "stack",
    "Whisper": "whisper",
    "load_voice_stack": "stack",
    "shared_loader": "loader",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"rtnb.speech.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'rtnb.speech' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOMES)
