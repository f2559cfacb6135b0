from __future__ import annotations

import numpy as np
import pytest

from rtnb.audio import Clip
from rtnb.plots.layout import Frame
from rtnb.plots.scene import Scene, Voice, clip_scene, turn_scene
from rtnb.plots.strokes import PITCH, strokes_of
from rtnb.session.views.shapes import TurnView

FRAME = Frame(0.0, 8.0, 98.0, 886.0, 62.0, 62.0)


def test_the_user_goes_up_and_the_assistant_down_on_one_grid(spoken: TurnView) -> None:
    up, down = strokes_of(turn_scene(spoken), FRAME)
    assert (up.who, down.who) == ("user", "assistant")
    assert (up.high > 0).all()
    assert (down.high < 0).all()
    assert not up.low.any()
    # The loudest of each fills its lane, less a margin.
    assert up.high.max() == pytest.approx(58)
    assert down.high.min() == pytest.approx(-58)
    columns = np.concatenate([up.at_s, down.at_s]) * FRAME.px_per_s / PITCH - 0.5
    np.testing.assert_allclose(columns, columns.round(), atol=1e-6)


def test_what_was_not_heard_comes_apart_and_first(interrupted: TurnView) -> None:
    _, unheard, heard = strokes_of(turn_scene(interrupted), FRAME)
    assert (unheard.heard, heard.heard) == (False, True)
    assert heard.at_s.max() <= 2.73 + 1.55 < unheard.at_s.min() + 1e-9


def test_a_sound_alone_goes_both_ways(question: Clip) -> None:
    (strokes,) = strokes_of(clip_scene(question), Frame(0, 2, 14, 886, 46, 46))
    assert strokes.low.min() < -20
    assert strokes.high.max() > 20


def test_every_column_of_loud_sound_has_its_stroke() -> None:
    loud = Clip(np.tile([0.9, -0.9], 4000), 1000)
    (strokes,) = strokes_of(Scene(voices=(Voice("user", loud, 0.0),)), FRAME)
    assert strokes.at_s.size == pytest.approx(788 / PITCH, abs=1)


def test_silence_has_no_strokes() -> None:
    assert list(strokes_of(Scene(voices=(Voice("user", Clip.silence(2), 0.0),)), FRAME)) == []
    assert list(strokes_of(Scene(), FRAME)) == []
