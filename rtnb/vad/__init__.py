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
    from rtnb.vad.computing import probabilities as probabilities
    from rtnb.vad.corpus import Corpus as Corpus
    from rtnb.vad.corpus import Item as Item
    from rtnb.vad.detecting import detect as detect
    from rtnb.vad.detector import Detector as Detector
    from rtnb.vad.detector import Event as Event
    from rtnb.vad.detector import SpeechStarted as SpeechStarted
    from rtnb.vad.detector import SpeechStopped as SpeechStopped
    from rtnb.vad.detector import TurnSettings as TurnSettings
    from rtnb.vad.engines.base import Engine as Engine
    from rtnb.vad.engines.base import EngineStream as EngineStream
    from rtnb.vad.engines.finding import ENGINES as ENGINES
    from rtnb.vad.engines.finding import default_engine as default_engine
    from rtnb.vad.engines.finding import load_engine as load_engine
    from rtnb.vad.labels.segments import Labels as Labels
    from rtnb.vad.labels.segments import Segment as Segment
    from rtnb.vad.labels.segments import Span as Span
    from rtnb.vad.scores.definitions import Scoring as Scoring
    from rtnb.vad.scores.mistakes import Mistake as Mistake
    from rtnb.vad.scores.mistakes import Mistakes as Mistakes
    from rtnb.vad.scores.score import Score as Score
    from rtnb.vad.semantic import SemanticDetector as SemanticDetector
    from rtnb.vad.semantic import SemanticTuning as SemanticTuning
    from rtnb.vad.semantic import default_semantic_tuning as default_semantic_tuning
    from rtnb.vad.setting import Setting as Setting
    from rtnb.vad.sweeps.result import Sweep as Sweep
    from rtnb.vad.track import Track as Track
    from rtnb.vad.tuning import DetectorTuning as DetectorTuning
    from rtnb.vad.tuning import default_tuning as default_tuning
    from rtnb.vad.tuning_spec import load_tuning as load_tuning
    from rtnb.vad.turns import DetectedTurn as DetectedTurn
    from rtnb.vad.turns import TurnTable as TurnTable

_HOMES = {
    "Corpus": "corpus",
    "DetectedTurn": "turns",
    "Detector": "detector",
    "DetectorTuning": "tuning",
    "ENGINES": "engines.finding",
    "Engine": "engines.base",
    "EngineStream": "engines.base",
    "Event": "detector",
    "Item": "corpus",
    "Labels": "labels.segments",
    "Mistake": "scores.mistakes",
    "Mistakes": "scores.mistakes",
    "Score": "scores.score",
    "Scoring": "scores.definitions",
    "Segment": "labels.segments",
    "SemanticDetector": "semantic",
    "SemanticTuning": "semantic",
    "Setting": "setting",
    "Span": "labels.segments",
    "SpeechStarted": "detector",
    "SpeechStopped": "detector",
    "Sweep": "sweeps.result",
    "Track": "track",
    "TurnSettings": "detector",
    "TurnTable": "turns",
    "completeness_of": "completeness",
    "default_engine": "engines.finding",
    "default_semantic_tuning": "semantic",
    "default_tuning": "tuning",
    "detect": "detecting",
    "load_engine": "engines.finding",
    "load_tuning": "tuning_spec",
    "probabilities": "computing",
}

__all__ = list(_HOMES)
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
