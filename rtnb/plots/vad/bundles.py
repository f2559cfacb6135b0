"""How everything about turn detection draws itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rtnb._display import register
from rtnb.plots.vad.board import Board, board_bundle
from rtnb.plots.vad.calibration_chart import calibration_board
from rtnb.plots.vad.frames_chart import frames_board
from rtnb.plots.vad.lab_board import track_board
from rtnb.plots.vad.labels_chart import corpus_board, labels_board
from rtnb.plots.vad.mistakes_board import mistakes_board
from rtnb.plots.vad.operating_chart import operating_board
from rtnb.plots.vad.score_sheets import score_board
from rtnb.plots.vad.sweep_board import best_board, comparison_board, held_out_board, sweep_board
from rtnb.plots.vad.whatif_chart import whatif_board
from rtnb.vad.calibration.result import Calibration
from rtnb.vad.corpus import Corpus
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.frames import FrameMetrics
from rtnb.vad.scores.mistakes import Mistakes
from rtnb.vad.scores.operating import OperatingPoints
from rtnb.vad.scores.score import Score
from rtnb.vad.sweeps.choosing import Best
from rtnb.vad.sweeps.comparing import Comparison
from rtnb.vad.sweeps.folds import HeldOut
from rtnb.vad.sweeps.result import Sweep
from rtnb.vad.track import Track
from rtnb.vad.whatif import WhatIf

__all__ = ["register_all"]

_T = TypeVar("_T")


def _drawn(cls: type[_T], board: Callable[[_T], Board]) -> None:
    def bundle(value: _T) -> dict[str, Any]:
        return board_bundle(board(value))

    register(cls, bundle)


def register_all() -> None:
    """Tell :mod:`rtnb._display`; a trial tells itself, since its room stands above this one."""
    _drawn(Track, track_board)
    _drawn(Labels, labels_board)
    _drawn(Corpus, corpus_board)
    _drawn(Score, score_board)
    _drawn(Mistakes, mistakes_board)
    _drawn(FrameMetrics, frames_board)
    _drawn(OperatingPoints, operating_board)
    _drawn(Sweep, sweep_board)
    _drawn(Best, best_board)
    _drawn(HeldOut, held_out_board)
    _drawn(Comparison, comparison_board)
    _drawn(Calibration, calibration_board)
    _drawn(WhatIf, whatif_board)
