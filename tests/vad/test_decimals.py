"""Numbers of arrays are those that are meant."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.decimals import as_written, own_decimal, whole


@given(st.integers(0, 10_000), st.sampled_from([np.float32, np.float64, np.longdouble]))
def test_four_decimals_survive_any_precision(number: int, kind: type) -> None:
    meant = number / 10_000
    assert own_decimal(kind(str(meant))) == meant
    assert type(own_decimal(kind(0.5))) is float


def test_steps_add_up_without_noise() -> None:
    for step, many in ((0.1, 11), (0.01, 101), (0.05, 21), (0.001, 1001)):
        for steps in (np.arange(many) * step, np.cumsum([0] + [step] * (many - 1)), np.arange(0, 1 + step / 2, step)):
            digits = round(-math.log10(step) + 0.5)
            assert [as_written(each) for each in steps] == [round(k * step, digits) for k in range(many)]
    assert [as_written(each) for each in np.linspace(0.1, 0.9, 9, dtype=np.float32)] == [k / 10 for k in range(1, 10)]


@given(st.floats())
def test_what_is_no_sum_of_steps_stays(value: float) -> None:
    found = as_written(value)
    if math.isfinite(value):
        assert abs(found - value) <= 1e-12 * abs(value) and (found == 0) == (value == 0)
    else:
        assert found is value


def test_what_is_no_number_is_left_alone() -> None:
    for value in ("0.5", None, True, 3, [0.5]):
        assert own_decimal(value) is value and as_written(value) is value and whole(value) is value
    assert whole(np.float64(300)) == 300 and type(whole(300.0)) is int and whole(math.inf) == math.inf
    assert own_decimal(np.array(0.25, dtype=np.float16)) == 0.25
