from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rtnb.audio.pcm import as_float_mono, checked_rate, float_of_int16, int16_of_bytes, int16_of_float
from rtnb.errors import AudioError

INT16 = hnp.arrays(np.int16, st.integers(0, 60))
FLOATS = hnp.arrays(np.float64, st.integers(0, 60), elements=st.floats(-4, 4))


def test_every_int16_survives_the_way_through_float() -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    floats = float_of_int16(every)
    assert floats.dtype == np.float32
    assert floats.min() == -1.0 and floats.max() < 1.0
    np.testing.assert_array_equal(int16_of_float(floats), every)


@given(FLOATS)
def test_int16_is_the_nearest_step_and_saturates(samples: np.ndarray) -> None:
    floats = samples.astype(np.float32)
    got = int16_of_float(floats)
    assert got.dtype == np.int16
    inside = np.abs(floats) < 0.99
    assert (np.abs(got[inside] / 32768 - floats[inside]) <= 0.5 / 32768 + 1e-9).all()
    assert (got[floats >= 1] == 32767).all()
    assert (got[floats <= -1] == -32768).all()


@given(INT16)
def test_bytes_are_little_endian_whatever_the_machine(samples: np.ndarray) -> None:
    data = b"".join(int(value).to_bytes(2, "little", signed=True) for value in samples)
    for given_as in (data, bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(int16_of_bytes(given_as), samples)


def test_a_view_of_samples_is_measured_in_bytes() -> None:
    samples = np.array([1, -2, 3], dtype="<i2")
    np.testing.assert_array_equal(int16_of_bytes(memoryview(samples)), samples)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioError, match="3 bytes cannot be whole samples"):
        int16_of_bytes(b"abc")


def test_the_samples_are_the_callers_no_more() -> None:
    data = bytearray(b"\1\0\2\0")
    samples = int16_of_bytes(data)
    data[0] = 9
    assert samples.tolist() == [1, 2]
    floats = np.array([0.5, 0.25], dtype=np.float32)
    mono = as_float_mono(floats)
    floats[0] = 0
    assert mono.tolist() == [0.5, 0.25]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_any_float_becomes_float32(dtype: type) -> None:
    got = as_float_mono(np.array([0.5, -0.25], dtype=dtype))
    assert got.dtype == np.float32
    assert got.tolist() == [0.5, -0.25]


@pytest.mark.parametrize("order", ["<i2", ">i2"])
def test_int16_of_either_byte_order_is_scaled(order: str) -> None:
    got = as_float_mono(np.array([16384, -32768], dtype=order))
    assert got.dtype == np.float32
    assert got.tolist() == [0.5, -1.0]


@given(FLOATS)
def test_what_exceeds_full_scale_is_clipped(samples: np.ndarray) -> None:
    got = as_float_mono(samples)
    np.testing.assert_array_equal(got, np.clip(samples.astype(np.float32), -1, 1))


@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 20), st.integers(1, 4)), elements=st.floats(-1, 1, width=32)))
def test_channels_are_mixed_by_their_mean(samples: np.ndarray) -> None:
    got = as_float_mono(samples)
    assert got.shape == (len(samples),)
    np.testing.assert_allclose(got, samples.astype(np.float64).mean(axis=1), atol=1e-6)


def test_nothing_is_no_samples() -> None:
    assert as_float_mono([]).shape == (0,)
    assert as_float_mono([]).dtype == np.float32


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([0.1, float("nan")], "NaN or infinity"),
        ([float("-inf")], "NaN or infinity"),
        (np.array([1e300]), "NaN or infinity"),
        ([1, 2, 3], r"float .* or int16, not int"),
        (np.zeros(3, np.uint8), "uint8"),
        (np.zeros(3, np.uint16), "uint16"),
        (np.zeros(3, np.int32), "int32"),
        (np.zeros(3, bool), "bool"),
        (np.zeros(3, complex), "complex"),
        (["a"], "float"),
        (None, "float"),
        (0.5, "shape"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.zeros((3, 0)), "shape"),
        ([[0.1], [0.2, 0.3]], "not audio samples"),
    ],
)
def test_what_is_no_sound_is_refused_with_the_reason(samples: object, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        as_float_mono(samples)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [8000, np.int64(24000), 1])
def test_rates_are_whole_and_positive(rate: int) -> None:
    assert checked_rate(rate) == rate
    assert type(checked_rate(rate)) is int


@pytest.mark.parametrize("rate", [0, -8000, 24000.0, "24000", None, True, float("nan")])
def test_other_rates_are_refused(rate: object) -> None:
    with pytest.raises(AudioError, match="sample rate"):
        checked_rate(rate)  # type: ignore[arg-type]


def test_an_array_that_lies_on_its_side_is_told() -> None:
    with pytest.raises(AudioError, match=r"samples\.T"):
        as_float_mono(np.zeros((2, 48_000), dtype=np.float32))
