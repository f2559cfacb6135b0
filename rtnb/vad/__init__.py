"""Turn detection: what the embedded server does with a stream, and the lab that tunes it on recordings.

::

    engines/      speech probabilities, frame by frame      detector.py, tuning.py    the rules, one frame at a time
    tracks/       whole recordings, kept on disk            batch.py, detecting.py    the same rules on whole tracks
    labels/       who speaks when, from any format          predicted.py, idle.py     the events a server would send
    corpus.py     recordings with their labels              semantic.py, semantic_bounds.py, completeness.py
    scores/       mistakes, latencies, diagnostics          setting.py, turns.py      what goes in, what comes out
    sweeps/       many settings at once                     whatif.py                 noise, rooms, telephones
    calibration/  the rules fitted to a server

The embedded server and the lab use the same :class:`Detector`, so that what is tuned is what runs;
:class:`SemanticDetector` emulates ``semantic_vad``. Importing this package loads no model and no ONNX
Runtime; names arrive when they are used.

Examples
--------
>>> import rtnb
>>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
>>> rtnb.vad.score(corpus, rtnb.ServerVad(threshold=0.3), turn_gap_s=0.7, engine="energy").turns
21
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.vad.calibration.calibrating import calibrate as calibrate
    from rtnb.vad.calibration.observed import Observed as Observed
    from rtnb.vad.calibration.result import Calibration as Calibration
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
    from rtnb.vad.engines.finding import as_engine as as_engine
    from rtnb.vad.engines.finding import default_engine as default_engine
    from rtnb.vad.engines.finding import engine_names as engine_names
    from rtnb.vad.engines.finding import load_engine as load_engine
    from rtnb.vad.idle import Playback as Playback
    from rtnb.vad.labels.segments import Labels as Labels
    from rtnb.vad.labels.segments import Segment as Segment
    from rtnb.vad.labels.segments import Span as Span
    from rtnb.vad.predicted import PredictedEvent as PredictedEvent
    from rtnb.vad.predicted import events as events
    from rtnb.vad.prediction import prediction_of as prediction_of
    from rtnb.vad.scores.definitions import Scoring as Scoring
    from rtnb.vad.scores.detection import Detection as Detection
    from rtnb.vad.scores.frames import FrameMetrics as FrameMetrics
    from rtnb.vad.scores.frames import frame_metrics as frame_metrics
    from rtnb.vad.scores.mistakes import Mistake as Mistake
    from rtnb.vad.scores.mistakes import Mistakes as Mistakes
    from rtnb.vad.scores.operating import OperatingPoints as OperatingPoints
    from rtnb.vad.scores.operating import Tradeoff as Tradeoff
    from rtnb.vad.scores.operating import operating_points as operating_points
    from rtnb.vad.scores.operating import silence_baseline as silence_baseline
    from rtnb.vad.scores.score import Score as Score
    from rtnb.vad.scores.scoring import mistakes as mistakes
    from rtnb.vad.scores.scoring import score as score
    from rtnb.vad.semantic import SemanticDetector as SemanticDetector
    from rtnb.vad.semantic import SemanticTuning as SemanticTuning
    from rtnb.vad.semantic import default_semantic_tuning as default_semantic_tuning
    from rtnb.vad.semantic_bounds import Pause as Pause
    from rtnb.vad.semantic_bounds import SemanticTurns as SemanticTurns
    from rtnb.vad.semantic_bounds import semantic_turns as semantic_turns
    from rtnb.vad.setting import Setting as Setting
    from rtnb.vad.sweeps.choosing import Best as Best
    from rtnb.vad.sweeps.comparing import ComparedTurn as ComparedTurn
    from rtnb.vad.sweeps.comparing import Comparison as Comparison
    from rtnb.vad.sweeps.folds import Fold as Fold
    from rtnb.vad.sweeps.folds import HeldOut as HeldOut
    from rtnb.vad.sweeps.grid import Grid as Grid
    from rtnb.vad.sweeps.reading import CorpusWarning as CorpusWarning
    from rtnb.vad.sweeps.result import Sweep as Sweep
    from rtnb.vad.sweeps.running import sweep as sweep
    from rtnb.vad.track import Track as Track
    from rtnb.vad.tracks.cache import cache as cache
    from rtnb.vad.tracks.making import Broken as Broken
    from rtnb.vad.tracks.many import tracks_of as tracks_of
    from rtnb.vad.tuning import DetectorTuning as DetectorTuning
    from rtnb.vad.tuning import default_tuning as default_tuning
    from rtnb.vad.tuning_spec import load_tuning as load_tuning
    from rtnb.vad.turns import DetectedTurn as DetectedTurn
    from rtnb.vad.turns import TurnTable as TurnTable
    from rtnb.vad.whatif import Attenuate as Attenuate
    from rtnb.vad.whatif import Chain as Chain
    from rtnb.vad.whatif import Echo as Echo
    from rtnb.vad.whatif import Noise as Noise
    from rtnb.vad.whatif import Reverb as Reverb
    from rtnb.vad.whatif import Telephone as Telephone
    from rtnb.vad.whatif import WhatIf as WhatIf
    from rtnb.vad.whatif import what_if as what_if

_HOMES = {
    "Attenuate": "whatif",
    "Best": "sweeps.choosing",
    "Broken": "tracks.making",
    "Calibration": "calibration.result",
    "Chain": "whatif",
    "ComparedTurn": "sweeps.comparing",
    "Comparison": "sweeps.comparing",
    "Corpus": "corpus",
    "CorpusWarning": "sweeps.reading",
    "DetectedTurn": "turns",
    "Detection": "scores.detection",
    "Detector": "detector",
    "DetectorTuning": "tuning",
    "ENGINES": "engines.finding",
    "Echo": "whatif",
    "Engine": "engines.base",
    "EngineStream": "engines.base",
    "Event": "detector",
    "Fold": "sweeps.folds",
    "FrameMetrics": "scores.frames",
    "Grid": "sweeps.grid",
    "HeldOut": "sweeps.folds",
    "Item": "corpus",
    "Labels": "labels.segments",
    "Mistake": "scores.mistakes",
    "Mistakes": "scores.mistakes",
    "Noise": "whatif",
    "Observed": "calibration.observed",
    "OperatingPoints": "scores.operating",
    "Pause": "semantic_bounds",
    "Playback": "idle",
    "PredictedEvent": "predicted",
    "Reverb": "whatif",
    "Score": "scores.score",
    "Scoring": "scores.definitions",
    "Segment": "labels.segments",
    "SemanticDetector": "semantic",
    "SemanticTuning": "semantic",
    "SemanticTurns": "semantic_bounds",
    "Setting": "setting",
    "Span": "labels.segments",
    "SpeechStarted": "detector",
    "SpeechStopped": "detector",
    "Sweep": "sweeps.result",
    "Telephone": "whatif",
    "Track": "track",
    "Tradeoff": "scores.operating",
    "TurnSettings": "detector",
    "TurnTable": "turns",
    "WhatIf": "whatif",
    "as_engine": "engines.finding",
    "cache": "tracks.cache",
    "calibrate": "calibration.calibrating",
    "completeness_of": "completeness",
    "default_engine": "engines.finding",
    "default_semantic_tuning": "semantic",
    "default_tuning": "tuning",
    "detect": "detecting",
    "engine_names": "engines.finding",
    "events": "predicted",
    "frame_metrics": "scores.frames",
    "load_engine": "engines.finding",
    "load_tuning": "tuning_spec",
    "mistakes": "scores.scoring",
    "operating_points": "scores.operating",
    "prediction_of": "prediction",
    "probabilities": "computing",
    "score": "scores.scoring",
    "semantic_turns": "semantic_bounds",
    "silence_baseline": "scores.operating",
    "sweep": "sweeps.running",
    "tracks_of": "tracks.many",
    "what_if": "whatif",
}

__all__ = list(_HOMES)
# Type checkers read the imports above, and tell of names that are not there.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
