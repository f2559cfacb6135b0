from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray

from rtnb.audio import Clip
from rtnb.plots.palette import ASSISTANT, USER
from rtnb.plots.render import png
from rtnb.plots.scene import Mark, Scene, Voice
from rtnb.plots.waveform import WIDTH, clip_figure, draw, run_figure, session_figure, turn_figure
from rtnb.session.views.shapes import Latency, RunView, SessionView, SpeechSpan, TurnView


def pixels(figure: Figure) -> NDArray[np.int64]:
    """Red, green and blue, 0..255, shape (rows, columns, 3)."""
    return np.rint(imread(io.BytesIO(png(figure)))[..., :3] * 255).astype(int)


def where(image: NDArray[np.int64], colour: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels in exactly this colour."""
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero((abs(image - rgb) <= 1).all(axis=2))


def axis_row(figure: Figure, image: NDArray[np.int64]) -> float:
    bottom, top = figure.axes[0].get_ylim()
    return top / (top - bottom) * len(image)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def check_words(figure: Figure) -> None:
    """No two texts overlap and none leaves the picture."""
    canvas = FigureCanvasAgg(figure)
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in figure.axes[0].texts]
    width, height = canvas.get_width_height()
    for i, (text, box) in enumerate(boxes):
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text
        for other, its in boxes[i + 1 :]:
            apart = box.x1 <= its.x0 or its.x1 <= box.x0 or box.y1 <= its.y0 or its.y1 <= box.y0
            assert apart, f"{text!r} and {other!r} overlap"


def test_the_user_is_above_the_axis_and_the_assistant_below(spoken: TurnView) -> None:
    figure = turn_figure(spoken)
    image = pixels(figure)[:, 200:]  # without the names
    axis = axis_row(figure, image)
    blue, green = where(image, USER.light)[0], where(image, ASSISTANT.light)[0]
    assert len(blue) > 3000
    assert len(green) > 3000
    assert blue.max() <= axis + 2
    assert green.min() >= axis - 2


def test_both_share_one_clock(spoken: TurnView) -> None:
    figure = turn_figure(spoken)
    image = pixels(figure)
    left, right = figure.axes[0].get_xlim()
    scale = image.shape[1] / (right - left)
    # Real speech begins 0.45 s into the recording; the picture's clock starts with the recording.
    rows, columns = where(image, USER.light)
    loud = columns[(rows < axis_row(figure, image) - 30) & (columns > 200)]
    assert abs(loud.min() / scale + left - 0.45) < 0.05
    green = where(image, ASSISTANT.light)[1]
    assert abs(green[green > 200].min() / scale + left - 2.73) < 0.02


def test_what_was_not_heard_is_faded(interrupted: TurnView) -> None:
    figure = turn_figure(interrupted)
    image = pixels(figure)
    left, right = figure.axes[0].get_xlim()
    cut = (2.73 + 1.55 - left) / (right - left) * image.shape[1]
    green = where(image, ASSISTANT.light)[1]
    assert green.max() <= cut + 4
    greenish = (image[..., 1] > image[..., 0] + 20) & (image[..., 1] > image[..., 2] + 5)
    assert greenish[:, int(cut) + 6 :].sum() > 2000


def test_the_turn_names_what_happened(spoken: TurnView, interrupted: TurnView) -> None:
    shown = words(turn_figure(spoken))
    for part in ("speech started", "speech stopped", "0.93 s", "speech end → first audio", "You", "Assistant", "0 s"):
        assert part in shown
    assert "interrupted" in words(turn_figure(interrupted))


def test_a_run_has_numbers_instead_of_labels(run: RunView) -> None:
    shown = words(run_figure(run))
    assert "speech started" not in shown
    assert [text for text in shown if text.isdigit()] == ["4", "5", "6", "7", "8", "9"]
    assert "brackets: speech end → first audio" in shown


def test_words_neither_overlap_nor_leave_the_picture(
    spoken: TurnView, interrupted: TurnView, run: RunView, session: SessionView, question: Clip
) -> None:
    for figure in (
        turn_figure(spoken),
        turn_figure(interrupted),
        turn_figure(replace(spoken, user_audio=None, speech=())),
        run_figure(run),
        session_figure(session),
        clip_figure(question),
    ):
        check_words(figure)


@settings(deadline=None, max_examples=40)
@given(
    asked=st.floats(0, 100),
    length=st.floats(0.01, 30),
    answer=st.floats(0, 60),
    speech=st.floats(0, 60),
    span=st.floats(0.02, 20),
    waited=st.floats(0.01, 5),
    heard=st.none() | st.floats(0, 60),
)
def test_words_never_collide_whatever_the_times(
    asked: float, length: float, answer: float, speech: float, span: float, waited: float, heard: float | None
) -> None:
    wave = np.sin(np.arange(40) * 0.7)
    user = Clip(wave, max(1, round(40 / length)))
    turn = TurnView(
        0,
        "completed",
        user_audio=user,
        user_start_s=asked,
        speech=(SpeechSpan(asked + speech, asked + speech + span, 0.01, 0.01),),
        assistant_audio=Clip(wave, 20),
        assistant_start_s=asked + answer,
        heard_s=heard,
        latency=Latency("speech end", "first audio", asked + answer - waited, asked + answer),
    )
    check_words(turn_figure(turn))


@settings(deadline=None, max_examples=15)
@given(starts=st.lists(st.floats(0, 600), min_size=2, max_size=40))
def test_many_turns_stay_readable(starts: list[float]) -> None:
    wave = Clip(np.sin(np.arange(40) * 0.7), 20)
    scene = Scene(
        voices=tuple(Voice("assistant", wave, at + 0.8) for at in starts),
        latencies=tuple(Latency("speech end", "first audio", at, at + 0.8) for at in starts),
        numbers=tuple(Mark(at, str(i + 1)) for i, at in enumerate(starts)),
    )
    check_words(draw(scene))


def test_empty_states(typed: TurnView) -> None:
    assert words(turn_figure(typed)) == ["text only, no audio"]
    assert words(clip_figure(Clip.silence(0))) == ["empty: 0 s of sound"]
    assert "silent" in words(clip_figure(Clip.silence(2)))
    assert words(run_figure(RunView("x", Clip.silence(0), 0.0, ()))) == ["nothing streamed yet"]
    assert words(session_figure(SessionView("e", "m", "", "open", 0, ()))) == ["no audio so far"]


def test_soft_sound_is_not_blown_up_and_silence_says_so(spoken: TurnView) -> None:
    hiss = Clip(np.random.default_rng(0).normal(0, 0.0005, 24000), 24000)
    image = pixels(clip_figure(hiss))
    rows = where(image, USER.light)[0]
    assert rows.max() - rows.min() < 40
    quiet = replace(spoken, user_audio=Clip.silence(1.0), speech=())
    assert "silent" in words(turn_figure(quiet))


def test_a_click_is_seen() -> None:
    samples = np.zeros(60 * 24000, dtype=np.float32)
    samples[24000 * 30] = 0.9
    rows = where(pixels(clip_figure(Clip(samples, 24000))), USER.light)[0]
    assert rows.max() - rows.min() > 60


def test_a_minute_of_sound_is_a_handful_of_artists(dialogue: Clip) -> None:
    figure = clip_figure(Clip.concat([dialogue, dialogue]))
    assert len(figure.axes[0].get_children()) < 40
    assert figure.get_size_inches()[0] * figure.dpi == WIDTH


def test_settings_of_the_user_change_nothing(spoken: TurnView) -> None:
    expected = png(turn_figure(spoken))
    changed = {
        "text.color": "red",
        "font.size": 30,
        "font.family": "serif",
        "lines.linewidth": 9,
        "lines.linestyle": ":",
        "lines.marker": "o",
        "patch.linewidth": 5,
        "axes.grid": True,
        "axes.facecolor": "black",
        "axes.xmargin": 0.4,
        "figure.facecolor": "black",
        "figure.dpi": 31,
        "figure.autolayout": True,
        "savefig.facecolor": "black",
        "savefig.bbox": "tight",
        "savefig.transparent": True,
        "savefig.dpi": 17,
        "text.usetex": True,
    }
    with mpl.rc_context(changed):
        assert png(turn_figure(spoken)) == expected


def test_pyplot_is_never_touched() -> None:
    code = (
        "import sys, rtnb\n"
        "clip = rtnb.Clip.load(rtnb.sample('weather_question'))\n"
        "assert 'image/png' in clip._repr_mimebundle_()\n"
        "print('matplotlib.figure' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_the_length_of_a_silence_is_seen() -> None:
    image = pixels(clip_figure(Clip.silence(2)))
    rows, columns = where(image, USER.light)
    assert columns.max() - columns.min() > 1600
    assert rows.size > 1600


def test_an_answer_that_the_next_question_stops_ends_with_a_line_and_lies_under_nothing(
    session: SessionView, spoken: TurnView
) -> None:
    first = replace(spoken, speech=(), user_start_s=0.0, assistant_start_s=3.0, latency=None)
    second = replace(first, index=1, user_start_s=4.5, assistant_start_s=10.0)
    figure = session_figure(replace(session, turns=(first, second)))
    image = pixels(figure)
    left, right = figure.axes[0].get_xlim()
    scale = image.shape[1] / (right - left)
    begin, end = (int((at_s - left) * scale) for at_s in (4.5, 10.0))
    below = image[int(axis_row(figure, image)) + 6 :]
    columns = where(below, ASSISTANT.light)[1]
    assert columns.size > 1000
    assert not ((columns > begin + 5) & (columns < end - 5)).any()
    dark = (below[:60].sum(axis=2) < 500).all(axis=0)
    assert dark[begin - 3 : begin + 4].any()
    assert not dark[begin + 6 : end - 6].any()
