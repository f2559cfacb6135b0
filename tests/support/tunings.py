"""Detectors that are altered in any way that is allowed."""

from __future__ import annotations

from hypothesis import strategies as st

from rtnb.vad.tuning import DetectorTuning

THRESHOLDS = st.integers(0, 100).map(lambda percent: percent / 100)
LAGS = st.integers(-400, 400).map(float)


@st.composite
def threshold_maps(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Pairs of asked and effective, rising, in any order."""
    asked = draw(st.lists(THRESHOLDS, min_size=1, max_size=5, unique=True))
    effective = sorted(draw(st.lists(THRESHOLDS, min_size=len(asked), max_size=len(asked))))
    return draw(st.permutations(list(zip(sorted(asked), effective, strict=True))))


@st.composite
def tunings(draw: st.DrawFn) -> DetectorTuning:
    """Any detector."""
    return DetectorTuning(
        hysteresis=draw(st.sampled_from([0.0, 0.05, 0.15, 0.3, 1.0])),
        min_speech_ms=draw(st.sampled_from([0.0, 16.0, 50.0, 96.0, 250.0])),
        lag_ms=draw(LAGS),
        end_lag_ms=draw(st.none() | LAGS),
        threshold_map=tuple(draw(st.just([]) | threshold_maps())),
        name=draw(st.sampled_from(["altered", "fitted to a server"])),
        source=draw(st.sampled_from(["", "12 recordings, 2026-11-20"])),
    )
