"""Voice activity: engines that give a probability a frame, and state machines that find the turns.

The embedded server and the lab use the same :class:`Detector`, so that what is tuned is what runs;
:class:`SemanticDetector` emulates ``semantic_vad``. Importing this package loads no model and no ONNX
Runtime; names arrive when they are used.

Examples
--------
>>> import rtnb.vad
>>> "silero" in rtnb.vad.ENGINES
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.vad.completeness import completeness_of as completeness_of
    from rtnb.vad.detector import Detector as Detector
    from rtnb.vad.detector import Event as Event
    from rtnb.vad.detector import SpeechStarted as SpeechStarted
    from rtnb.vad.detector import SpeechStopped as SpeechStopped
    from rtnb.vad.detector import TurnSettings as TurnSettings
    from rtnb.vad.engines import ENGINES as ENGINES
    from rtnb.vad.engines import Engine as Engine
    from rtnb.vad.engines import EngineStream as EngineStream
    from rtnb.vad.engines import default_engine as default_engine
    from rtnb.vad.engines import load_engine as load_engine
    from rtnb.vad.semantic import SemanticDetector as SemanticDetector
    from rtnb.vad.semantic import SemanticTuning as SemanticTuning
    from rtnb.vad.semantic import default_semantic_tuning as default_semantic_tuning
    from rtnb.vad.track import DetectedTurn as DetectedTurn
    from rtnb.vad.track import Track as Track
    from rtnb.vad.track import detect as detect
    from rtnb.vad.track import probabilities as probabilities
    from rtnb.vad.tuning import DetectorTuning as DetectorTuning
    from rtnb.vad.tuning import default_tuning as default_tuning
    from rtnb.vad.tuning_spec import load_tuning as load_tuning

_HOMES = {
    "ENGINES": "engines",
    "DetectedTurn": "track",
    "Detector": "detector",
    "DetectorTuning": "tuning",
    "Engine": "engines",
    "EngineStream": "engines",
    "Event": "detector",
    "SemanticDetector": "semantic",
    "SemanticTuning": "semantic",
    "SpeechStarted": "detector",
    "SpeechStopped": "detector",
    "Track": "track",
    "TurnSettings": "detector",
    "default_engine": "engines",
    "completeness_of": "completeness",
    "default_semantic_tuning": "semantic",
    "default_tuning": "tuning",
    "detect": "track",
    "load_engine": "engines",
    "load_tuning": "tuning_spec",
    "probabilities": "track",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
