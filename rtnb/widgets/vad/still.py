"""What stays of a lab in a saved notebook: a picture, the scores in a table, the setting as code."""

from __future__ import annotations

from rtnb._display import Bundle, counted
from rtnb.widgets.vad.bench import Bench
from rtnb.widgets.vad.parcels import python_line

__all__ = ["bundle"]


def bundle(bench: Bench) -> Bundle:
    """The present state as text, HTML and PNG."""
    from rtnb.plots.vad.board import Board, Table, board_bundle
    from rtnb.plots.vad.lab_chart import lab_picture
    from rtnb.plots.vad.score_sheets import scores_sheet

    shown = bench.shown
    labels = shown.labels if shown.labels.segments else None
    picture = lab_picture(
        bench.clip,
        bench.track,
        shown.table.turns(),
        labels=labels,
        setting=shown.setting,
        mistakes=shown.mistakes,
        tuning=shown.knobs.tuning(bench.tuning),
        prediction=shown.prediction,
    )
    rows = [(row.name, row.score) for row in shown.rows if row.score is not None]
    tables = (Table(scores_sheet(rows, strong=len(rows) - 1)),) if rows else ()
    notes = [counted(len(shown.table), "turn")]
    if labels is not None:
        gap_s = bench.scoring.turn_gap_s
        notes.append(f"{counted(len(labels.turns(gap_s)), 'labelled turn')} (turn gap {gap_s:g} s)")
    else:
        notes.append("no labels: mistakes are not counted")
    board = Board("VAD lab", notes=tuple(notes), pictures=(picture,), tables=tables, foot=(python_line(shown.knobs),))
    return board_bundle(board)
