from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rtnb.plots import sensitivity_figure, sweep_figure, sweep_heatmap
from rtnb.plots.vad.board import board_text
from rtnb.plots.vad.heatmap import grid_picture
from rtnb.plots.vad.operating_chart import operating_board
from rtnb.plots.vad.sensitivity_chart import sensitivity_picture
from rtnb.plots.vad.sweep_board import best_board, sweep_board
from rtnb.plots.vad.sweep_chart import setting_of, sweep_picture, trade_picture
from rtnb.vad import Setting


def words(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_default_and_best_are_named_and_the_baseline_is_drawn(swept: Any) -> None:
    best = swept.best().score
    said = words(sweep_figure(swept, best=best, baseline=([0.0, 500.0], [0.4, 0.0])))
    assert f"default {swept.default.setting}" in said
    assert f"best {best.setting}" in said
    assert "silence alone" in said
    assert any("local emulation" in each for each in said)
    assert "60 settings" in sweep_picture(swept).alt


def test_settings_come_back_from_rows() -> None:
    row = {"threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500, "hysteresis": 0.3}
    assert setting_of(row) == Setting(0.5, 300, 500, 0.3)
    assert setting_of({**row, "hysteresis": float("nan")}) == Setting(0.5, 300, 500)
    series = pd.Series(row)
    assert setting_of(series.to_dict()) == Setting(0.5, 300, 500, 0.3)


def test_without_a_latency_it_says_so(swept: Any) -> None:
    none = replace(swept.default, latencies_ms=np.zeros(0))
    picture = trade_picture([(float("nan"), 0.1)], [False], [], default=none, best=None, prediction="local emulation")
    assert picture.empty
    assert "no setting has a latency" in picture.alt


def test_tens_of_thousands_of_settings_make_no_large_picture() -> None:
    random = np.random.default_rng(3)
    points = list(zip(random.uniform(100, 2000, 80_000).tolist(), random.uniform(0, 1, 80_000).tolist(), strict=True))
    picture = trade_picture(points, [False] * len(points), points[:3], default=None, best=None, prediction="x")
    from rtnb.plots.render import PNG_CAP_BYTES, png, svg

    assert len(png(picture.figure)) < PNG_CAP_BYTES
    assert len(svg(picture.figure)) < 400_000


def test_heatmaps_show_every_value_and_frame_the_least(swept: Any) -> None:
    table = swept.heatmap("errors", "silence_duration_ms", "threshold")
    said = words(sweep_heatmap(swept))
    for value in table.to_numpy().ravel():
        assert f"{value:g}" in said
    assert f"framed: the least, {table.to_numpy().min():g}; darkest: {table.to_numpy().max():g}" in said
    assert {"200", "350", "500", "800", "1,100", "threshold", "silence in ms"} <= set(said)


def test_a_wide_grid_has_colours_alone_and_one_without_values_says_so() -> None:
    options: dict[str, Any] = {"title": "t", "x": "silence_duration_ms", "y": "threshold", "words": str, "note": "n"}
    wide = grid_picture(np.arange(9700.0).reshape(100, 97).tolist(), range(97), range(100), **options)
    assert len(wide.boxes) < 200
    assert grid_picture([[float("nan")]], [1], [1], **options).empty


def test_sensitivity_names_what_moves_most(swept: Any) -> None:
    table = swept.sensitivity()
    alt = sensitivity_picture(swept).alt
    assert f"false cut-offs: silence by {table.loc['silence_duration_ms', 'cut_offs']:g}" in alt
    assert "hysteresis" not in words(sensitivity_figure(swept))


@pytest.mark.parametrize("kept", [0, 1])
def test_a_sweep_in_which_nothing_moves(swept: Any, kept: int) -> None:
    class Still:
        tuning = swept.tuning

        def sensitivity(self) -> pd.DataFrame:
            return swept.sensitivity().iloc[:kept] * 0

    assert sensitivity_picture(Still()).empty  # type: ignore[arg-type]


def test_a_front_of_one_point_is_no_line() -> None:
    picture = trade_picture([(100.0, 0.2)], [False], [(100.0, 0.2)], default=None, best=None, prediction="x")
    said = words(picture.figure)
    assert any("coloured point: the front" in each for each in said) and not any("line:" in each for each in said)


def test_the_picture_says_which_settings_the_front_leaves_out(swept: Any) -> None:
    from rtnb.vad.sweeps.front import left_out

    lost = left_out(swept.columns)
    assert lost > 0
    assert any("the front of what loses at most 25 %" in each for each in words(sweep_figure(swept)))
    said = board_text(sweep_board(swept))
    assert f"the front is without {lost} settings" in said and "max_lost=None" in said


def test_the_card_of_the_best_shows_what_it_loses(swept: Any) -> None:
    best = swept.best()
    said = board_text(best_board(best))
    for count, name in ((best.missed, "missed turn"), (best.merged, "merged turn"), (best.false_starts, "false start")):
        assert f"{count} {name}" in said
    assert best.notes and best.notes[0] in said


def test_the_card_of_operating_points_shows_what_its_settings_lose(swept: Any) -> None:
    points = swept.operating_points()
    said = " ".join(board_text(operating_board(points)).split())
    assert points.chosen and all(str(each) in said for each in points.chosen)
