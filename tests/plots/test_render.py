from __future__ import annotations

import base64
import re
import threading
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from rtnb.audio import Clip
from rtnb.plots import palette
from rtnb.plots.canvas import Canvas
from rtnb.plots.palette import BACKGROUND, TEXT, USER, Ink
from rtnb.plots.render import PNG_CAP_BYTES, png, png_base64, svg, svg_data_uri
from rtnb.plots.waveform import clip_figure, run_figure, turn_figure
from rtnb.session.views.shapes import RunView, TurnView

MAGIC = b"\x89PNG\r\n\x1a\n"
TWINS = {ink.light: ink.dark for ink in vars(palette).values() if isinstance(ink, Ink)}


def size(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def test_png_is_twice_the_size_and_small(spoken: TurnView, run: RunView) -> None:
    for figure in (turn_figure(spoken), run_figure(run)):
        data = png(figure)
        assert data.startswith(MAGIC)
        assert len(data) < PNG_CAP_BYTES
        assert size(data)[0] == 1800


def test_a_picture_that_will_not_compress_is_made_smaller() -> None:
    figure = Figure((9, 6), 100)
    figure.figimage(np.random.default_rng(0).random((600, 900)))
    assert len(png(figure)) <= PNG_CAP_BYTES or size(png(figure))[0] == 450


def test_base64_is_what_jupyter_expects(spoken: TurnView) -> None:
    assert base64.b64decode(png_base64(turn_figure(spoken)), validate=True).startswith(MAGIC)


def test_svg_is_small_and_its_words_are_words(spoken: TurnView) -> None:
    text = svg(turn_figure(spoken))
    root = ElementTree.fromstring(text)
    words = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "speech end → first audio" in words
    assert (root.get("width"), root.get("viewBox", "").split()[2]) == ("900", "648")
    assert len(text) < 20_000
    assert "<metadata" not in text
    assert "<script" not in text


def test_every_colour_used_has_its_dark_twin(spoken: TurnView, run: RunView) -> None:
    for figure in (turn_figure(spoken), run_figure(run)):
        text = svg(figure)
        styles, rules = text.split("@media (prefers-color-scheme:dark)")
        used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", styles))
        assert used
        for colour in used:
            assert f'="fill: {colour}"]{{fill:{TWINS[colour]}!important}}' in rules
            assert f'="stroke: {colour}"]{{stroke:{TWINS[colour]}!important}}' in rules


def test_the_background_can_be_left_to_the_page(spoken: TurnView) -> None:
    figure = turn_figure(spoken)
    drawn = f"fill: {BACKGROUND.light}"
    with_it, without = (svg(figure, background=on).partition("<style>text")[0] for on in (True, False))
    assert drawn in with_it
    assert drawn not in without


def test_pictures_are_reproducible_and_leave_the_figure_alone(spoken: TurnView) -> None:
    figure = turn_figure(spoken)
    canvas, dpi = figure.canvas, figure.dpi
    first = svg(figure)
    assert (figure.canvas, figure.dpi) == (canvas, dpi)
    assert png(figure) == png(turn_figure(spoken))
    assert svg(figure) == first == svg(turn_figure(spoken))


def test_settings_of_matplotlib_are_put_back_also_when_threads_race(question: Clip) -> None:
    before = dict(mpl.rcParams)
    threads = [threading.Thread(target=lambda: svg(clip_figure(question))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(mpl.rcParams) == before


def test_the_data_uri_holds_the_svg(question: Clip) -> None:
    figure = clip_figure(question)
    kind, _, data = svg_data_uri(figure).partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == svg(figure)


def test_flat_pictures_lose_colours_before_they_lose_size() -> None:
    canvas = Canvas(230)
    for row in range(14):
        canvas.text(10, 15 * row + 10, f"{row:,} words of a picture that is full of them " * 2, (TEXT, USER)[row % 2])
    data = png(canvas.figure)
    assert size(data) == (1800, 460)
    # Colour type 3 of the header: an index into a table.
    assert data[25] == 3
    assert len(data) < PNG_CAP_BYTES
    assert data == png(canvas.figure)
