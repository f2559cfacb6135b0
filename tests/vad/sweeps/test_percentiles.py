"""Percentiles of rows are those of numpy, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.sweeps.percentiles import row_medians, row_percentiles

ROWS = st.lists(st.lists(st.floats(-1e6, 1e6), max_size=9), min_size=1, max_size=5)


def filled(rows, width):
    ordered = np.full((len(rows), width), np.inf)
    for place, row in enumerate(rows):
        ordered[place, : len(row)] = np.sort(row)
    return ordered, np.array([len(row) for row in rows])


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@given(ROWS, st.sampled_from([0, 10, 37.5, 50, 90, 95, 100]))
def test_rows_are_what_numpy_says(rows, percent):
    ordered, counts = filled(rows, 9)
    found = row_percentiles(ordered, counts, percent)
    medians = row_medians(ordered, counts)
    for place, row in enumerate(rows):
        if row:
            assert found[place] == np.percentile(np.array(row), percent)
            assert medians[place] == np.median(np.array(row))
        else:
            assert np.isnan(found[place])
            assert np.isnan(medians[place])


def test_rows_without_any_room():
    nothing = np.zeros((2, 0)), np.zeros(2, dtype=np.int64)
    assert np.isnan(row_percentiles(*nothing, 90)).all()
    assert np.isnan(row_medians(*nothing)).all()
