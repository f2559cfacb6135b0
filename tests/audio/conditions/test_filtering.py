"""Convolution of what is long with what is long."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.audio.conditions.filtering import convolved


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 9000), st.integers(0, 1500), st.integers(0, 10))
def test_it_is_what_numpy_computes_directly(n: int, m: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, h = random.standard_normal(n), random.standard_normal(m)
    if n and m:
        assert np.allclose(convolved(x, h), np.convolve(x, h), atol=1e-9)
    else:
        assert convolved(x, h).size == 0
