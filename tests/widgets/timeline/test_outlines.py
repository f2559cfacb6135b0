"""How loud sound is, in columns: no peak is lost, and what there was no time for comes later."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.timeline.shapes import AudioPiece
from rtnb.widgets.timeline.outlines import STRIP_S, outline, strip_of


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=400), st.integers(1, 60))
def test_no_peak_is_lost(samples: list[int], columns: int) -> None:
    found = outline(np.array(samples, "<i2").tobytes(), "", columns)
    assert 1 <= len(found) <= columns or len(samples) < columns
    assert max(found) == np.ceil(max(abs(sample) for sample in samples) / 32768 * 255)


def test_g711_is_decoded() -> None:
    loud, quiet = b"\x80" * 80, b"\xff" * 80
    found = outline(loud + quiet, "audio/pcmu", 2)
    assert found[0] > 200 and found[1] < 5


def test_half_a_sample_and_nothing() -> None:
    assert outline(b"\x01", "", 4) == b"" and outline(b"", "", 4) == b""


def test_strips_make_the_piece_again() -> None:
    piece = AudioPiece(side="input", start_s=-2.0, end_s=33.0, offset=480, length=35 * 48000)
    strips = strip_of(piece)
    assert len(strips) == 4
    assert strips[0][2] == 480 and strips[-1][3] == 480 + piece.length
    assert all(one[3] == other[2] and one[5] == pytest.approx(other[4]) for one, other in pairwise(strips))
    assert all(each[5] - each[4] <= STRIP_S + 1e-6 for each in strips)
    assert strip_of(AudioPiece(side="input", start_s=1.0, end_s=1.0, offset=0, length=0)) == []
