"""Labels at random: times of files (to the microsecond), speakers that every format can hold."""

from __future__ import annotations

from hypothesis import strategies as st

from rtnb.vad.labels.segments import Labels, Segment

MICROS = st.integers(0, 4_000_000_000)

SPEAKERS = st.sampled_from(["", "Ann", "Bob", "MÉO069", "speaker90", "李", "o'Hara", 'say"so'])


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    start, end = sorted(draw(st.lists(MICROS, min_size=2, max_size=2, unique=True)))
    return Segment(start / 1e6, end / 1e6, draw(SPEAKERS))


def labels(*, most: int = 8) -> st.SearchStrategy[Labels]:
    return st.builds(Labels, st.lists(segments(), max_size=most).map(tuple), st.sampled_from(["", "call", "trn01"]))


def near_segments() -> st.SearchStrategy[Segment]:
    """Crowded into a few seconds, so that they overlap, touch, and leave pauses."""
    return st.builds(
        lambda start, length, speaker: Segment(start / 100, (start + length) / 100, speaker),
        st.integers(0, 900),
        st.integers(1, 300),
        st.sampled_from(["", "Ann", "Bob"]),
    )
