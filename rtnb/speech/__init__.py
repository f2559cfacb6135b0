"""Local speech engines behind small protocols: recognition, synthesis, and what stands in for them.

Importing this package loads no model and no engine; names arrive when they are used.

Examples
--------
>>> import rtnb.speech
>>> rtnb.speech.SilentEar().available
False
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.speech.base import Recognizer as Recognizer
    from rtnb.speech.base import RecognizerStream as RecognizerStream
    from rtnb.speech.base import Synthesizer as Synthesizer
    from rtnb.speech.base import Token as Token
    from rtnb.speech.base import Transcription as Transcription
    from rtnb.speech.engines import check_ear as check_ear
    from rtnb.speech.engines import check_tts as check_tts
    from rtnb.speech.hibari_voice import HibariVoice as HibariVoice
    from rtnb.speech.loader import VoiceLoader as VoiceLoader
    from rtnb.speech.loader import shared_loader as shared_loader
    from rtnb.speech.silent_ear import SilentEar as SilentEar
    from rtnb.speech.stack import VoiceStack as VoiceStack
    from rtnb.speech.stack import load_voice_stack as load_voice_stack
    from rtnb.speech.tone import ToneVoice as ToneVoice
    from rtnb.speech.voices import voice_names as voice_names
    from rtnb.speech.whisper import Whisper as Whisper

_HOMES = {
    "HibariVoice": "hibari_voice",
    "Recognizer": "base",
    "RecognizerStream": "base",
    "SilentEar": "silent_ear",
    "Synthesizer": "base",
    "Token": "base",
    "ToneVoice": "tone",
    "Transcription": "base",
    "VoiceLoader": "loader",
    "VoiceStack": "stack",
    "Whisper": "whisper",
    "check_ear": "engines",
    "check_tts": "engines",
    "load_voice_stack": "stack",
    "shared_loader": "loader",
    "voice_names": "voices",
}

__all__ = list(_HOMES)
# Type checkers read the imports above, and tell of names that are not there.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
