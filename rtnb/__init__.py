"""rtnb: a workbench for realtime voice models inside Jupyter.

>>> import rtnb
>>> with rtnb.connect(modalities=["text"]) as s:      # the embedded server: no key, no network, no cost
...     turn = s.ask("What is 6 times 7?")
>>> print(turn.text)
6 times 7 is 42.

Public names are loaded when they are first used; importing rtnb starts no thread and loads no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb import errors, lab, pricing, vad
    from rtnb._connect import AsyncSession, AsyncTranscriptionSession, connect, replay, transcription
    from rtnb._connect.handing import client_secret
    from rtnb._connect.warming import warm
    from rtnb.audio import Clip
    from rtnb.checkup.doctor import doctor
    from rtnb.nesting import allow_nested_asyncio
    from rtnb.protocol.explain import explain
    from rtnb.protocol.turn_detection import SemanticVad, ServerVad
    from rtnb.samples import sample
    from rtnb.server.brains.chat import ChatBrain
    from rtnb.server.local import LocalServer
    from rtnb.session import Recording, Run, Session, Turn, close_all, open_sessions
    from rtnb.session.config.image import Image
    from rtnb.session.config.mcp_tool import Mcp
    from rtnb.session.config.mixtures import translate_config
    from rtnb.session.config.models import models
    from rtnb.session.config.typed import NoiseReduction, Prompt, Reasoning, Tracing, Transcription, Voice
    from rtnb.session.record.journals import journals
    from rtnb.session.tools.approvals import Approval
    from rtnb.session.tools.context import ToolContext
    from rtnb.session.tools.toolbox import tool
    from rtnb.session.transcription_blocking import TranscriptionSession
    from rtnb.session.verbs.aside import AsideHandle
    from rtnb.session.verbs.aside_result import AsideResult, Label, ModelTranscript, Moderation
    from rtnb.session.verbs.prompts import aside_prompt
    from rtnb.session.verbs.transcript import Transcript
    from rtnb.session.verbs.word_errors import word_errors
    from rtnb.session.views.timing_report import timing
    from rtnb.tokens.context import KeepLast, Summarise, Truncation
    from rtnb.vad.tuning import DetectorTuning
    from rtnb.widgets.console.console import Console
    from rtnb.widgets.meter.view import UsageMeter
    from rtnb.widgets.microphone import Microphone
    from rtnb.widgets.recorder.mic import Mic
    from rtnb.widgets.timeline.view import TimelineView
    from rtnb.widgets.vad import VadLab
    from rtnb.widgets.waveform.view import Waveform

__version__ = "0.1.0"

_HOMES = {
    "Approval": "session.tools.approvals",
    "AsideHandle": "session.verbs.aside",
    "AsideResult": "session.verbs.aside_result",
    "AsyncSession": "_connect",
    "AsyncTranscriptionSession": "_connect",
    "ChatBrain": "server.brains.chat",
    "Clip": "audio",
    "Console": "widgets.console.console",
    "DetectorTuning": "vad.tuning",
    "Image": "session.config.image",
    "KeepLast": "tokens.context",
    "Label": "session.verbs.aside_result",
    "LocalServer": "server.local",
    "Mcp": "session.config.mcp_tool",
    "Mic": "widgets.recorder.mic",
    "Microphone": "widgets.microphone",
    "ModelTranscript": "session.verbs.aside_result",
    "Moderation": "session.verbs.aside_result",
    "NoiseReduction": "session.config.typed",
    "Prompt": "session.config.typed",
    "Reasoning": "session.config.typed",
    "Recording": "session",
    "Run": "session",
    "SemanticVad": "protocol.turn_detection",
    "ServerVad": "protocol.turn_detection",
    "Session": "session",
    "Summarise": "tokens.context",
    "TimelineView": "widgets.timeline.view",
    "ToolContext": "session.tools.context",
    "Tracing": "session.config.typed",
    "Transcript": "session.verbs.transcript",
    "Transcription": "session.config.typed",
    "TranscriptionSession": "session.transcription_blocking",
    "Truncation": "tokens.context",
    "Turn": "session",
    "UsageMeter": "widgets.meter.view",
    "VadLab": "widgets.vad",
    "Voice": "session.config.typed",
    "Waveform": "widgets.waveform.view",
    "allow_nested_asyncio": "nesting",
    "aside_prompt": "session.verbs.prompts",
    "client_secret": "_connect.handing",
    "close_all": "session",
    "connect": "_connect",
    "doctor": "checkup.doctor",
    "errors": "errors",
    "explain": "protocol.explain",
    "journals": "session.record.journals",
    "lab": "lab",
    "models": "session.config.models",
    "open_sessions": "session",
    "pricing": "pricing",
    "replay": "_connect",
    "sample": "samples",
    "timing": "session.views.timing_report",
    "tool": "session.tools.toolbox",
    "transcription": "_connect",
    "translate_config": "session.config.mixtures",
    "vad": "vad",
    "warm": "_connect.warming",
    "word_errors": "session.verbs.word_errors",
}

__all__ = [
    "Approval",
    "AsideHandle",
    "AsideResult",
    "AsyncSession",
    "AsyncTranscriptionSession",
    "ChatBrain",
    "Clip",
    "Console",
    "DetectorTuning",
    "Image",
    "KeepLast",
    "Label",
    "LocalServer",
    "Mcp",
    "Mic",
    "Microphone",
    "ModelTranscript",
    "Moderation",
    "NoiseReduction",
    "Prompt",
    "Reasoning",
    "Recording",
    "Run",
    "SemanticVad",
    "ServerVad",
    "Session",
    "Summarise",
    "TimelineView",
    "ToolContext",
    "Tracing",
    "Transcript",
    "Transcription",
    "TranscriptionSession",
    "Truncation",
    "Turn",
    "UsageMeter",
    "VadLab",
    "Voice",
    "Waveform",
    "__version__",
    "allow_nested_asyncio",
    "aside_prompt",
    "client_secret",
    "close_all",
    "connect",
    "doctor",
    "errors",
    "explain",
    "journals",
    "lab",
    "models",
    "open_sessions",
    "pricing",
    "replay",
    "sample",
    "timing",
    "tool",
    "transcription",
    "translate_config",
    "vad",
    "warm",
    "word_errors",
]

# Type checkers read the imports above, and tell of names that are not there.
if not TYPE_CHECKING:
    __getattr__, _dir = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: object) -> None:
    """``%load_ext rtnb``: the magics ``%%ask`` and ``%rtnb``."""
    from rtnb.magics import load

    load(ipython)


def unload_ipython_extension(ipython: object) -> None:
    """``%unload_ext rtnb``."""
    from rtnb.magics import unload

    unload(ipython)
