from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.watch.instruments import DURATION_S, LATENCY_S, SESSION_S, WAIT_S, Labels


@given(st.lists(st.one_of(st.none(), st.integers(), st.text())))
def test_a_label_has_few_values_whatever_comes(values: list[object]) -> None:
    labels = Labels(most=3)
    found = [labels(value) for value in values]
    assert len(set(found)) <= 5 and all(label.isascii() and len(label) <= 64 for label in found)
    assert [labels(value) for value in values if value in labels._known] == [v for v in values if v in labels._known]


def test_buckets_rise() -> None:
    for buckets in (LATENCY_S, DURATION_S, SESSION_S, WAIT_S):
        assert list(buckets) == sorted(set(buckets))
