"""Several silences at once are each of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.batch import runs_of, spans_of
from rtnb.vad.sweeps.spans import several

LEVELS = st.sampled_from([-1.0, 0.0, 0.004, 0.3, 0.4, 0.5, 0.9])


@given(
    st.lists(st.tuples(LEVELS, st.integers(1, 8)), max_size=14),
    st.lists(st.integers(0, 40), min_size=1, max_size=5),
    st.sampled_from([(0.5, 0.35), (0.4, 0.01), (0.005, 0.01)]),
    st.integers(1, 3),
)
def test_one_call_for_all(levels, silences, thresholds, least):
    p = np.repeat([level for level, _ in levels], [length for _, length in levels]).astype(np.float32)
    runs = runs_of(p, *thresholds)
    found = several(runs, np.array(silences), least)
    for copy, frames in enumerate(silences):
        alone = spans_of(runs, frames, least_frames=least)
        mine = found.copy == copy
        for name in ("onset", "silence", "stopped_at"):
            assert np.array_equal(getattr(found, name)[mine], getattr(alone, name)), name
    assert (np.diff(found.copy) >= 0).all()
