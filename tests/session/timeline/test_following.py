"""The unheard rest of an answer ends where the next answer begins."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.timeline.following import one_after_another
from rtnb.session.timeline.shapes import AudioPiece, Heard

MS = 48
LENGTHS = st.tuples(st.integers(1, 4000), st.integers(0, 9000), st.integers(0, 6000))
"""Heard, unheard, and the pause behind it, in milliseconds."""


def talk(spans: list[tuple[int, int, int]]) -> tuple[list[Heard], list[AudioPiece]]:
    heard, pieces, at_s, offset = [], [], 0.0, 0
    for number, (played, lost, pause) in enumerate(spans):
        name, played_s, received_s = f"item_{number}", played / 1000, (played + lost) / 1000
        heard.append(Heard(item_id=name, response_id="r", start_s=at_s, end_s=at_s + played_s, arrived_s=at_s,
                           last_s=at_s, received_s=received_s, played_s=played_s, cut=lost > 0))  # fmt: skip
        length = (played + lost) * MS
        pieces.append(AudioPiece(side="output", start_s=at_s, end_s=at_s + received_s, offset=offset, length=length,
                                 item_id=name))  # fmt: skip
        offset += length
        at_s += played_s + pause / 1000
    return heard, pieces


@given(st.lists(LENGTHS, max_size=8))
def test_no_sound_lies_over_the_next_and_nothing_else_changes(spans: list[tuple[int, int, int]]) -> None:
    heard, pieces = talk(spans)
    shown, sounds = one_after_another(heard, pieces)
    assert [each.unheard_s for each in shown] == [each.unheard_s for each in heard], "the figure stays what it is"
    for (one, other), piece in zip(pairwise(shown), sounds, strict=False):
        assert one.would_end_s <= other.start_s + 1e-9 or one.unheard_s == 0
        assert piece.end_s <= other.start_s + 1e-9 or one.unheard_s == 0
    for before, after in zip(pieces, sounds, strict=True):
        assert (after.start_s, after.offset, after.item_id) == (before.start_s, before.offset, before.item_id)
        assert after.length % 2 == 0 and abs(after.length - (after.end_s - after.start_s) * 1000 * MS) < 4


def test_input_and_answers_that_were_heard_stay_as_they_are() -> None:
    heard, pieces = talk([(1000, 0, 500), (1000, 4000, 9000)])
    user = AudioPiece(side="input", start_s=0.0, end_s=50.0, offset=0, length=96)
    assert one_after_another(heard, [user, *pieces]) == (tuple(heard), (user, *pieces))
