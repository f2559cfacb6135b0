"""Medians of many rows at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.sweeps import measures


@given(st.lists(st.lists(st.integers(1, 2**33).map(lambda number: number / 1024), max_size=6), min_size=1, max_size=5))
def test_medians_of_rows(rows):
    row = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
    values = np.array([value for each in rows for value in each], dtype=np.float64)
    counts, middle = measures._medians(row, values, len(rows))
    assert counts.tolist() == [len(each) for each in rows]
    for found, each in zip(middle, rows, strict=True):
        assert found == np.median(each) if each else np.isnan(found)


def test_in_small_steps_it_is_the_same(speech_sweep, monkeypatch):
    monkeypatch.setattr(measures, "_CELLS_AT_ONCE", 100)
    again = measures.measures(
        speech_sweep.found, speech_sweep.grid, scoring=speech_sweep.scoring, tuning=speech_sweep.tuning
    )
    for name, column in speech_sweep.columns.items():
        assert column.tobytes() == again[name].tobytes(), name
