from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rtnb.errors import ConfigError
from rtnb.vad.scores.losing import checked_share, keeps


@pytest.mark.parametrize("kind", ["missed", "merged", "false_starts", "late"])
def test_each_kind_is_bound(kind: str) -> None:
    frame = pd.DataFrame({"turns": [20] * 3, "missed": 0, "merged": 0, "false_starts": 0, "late": 0})
    frame[kind] = [5, 6, 0]
    assert keeps(frame, 0.25).tolist() == [True, False, True]
    assert keeps(frame, 0.0).tolist() == [False, False, True]
    assert keeps(frame, None).all()


def test_missed_and_merged_count_together() -> None:
    columns = {"turns": np.array([20, 20]), "missed": np.array([3, 3]), "merged": np.array([2, 3])}
    assert keeps(columns, 0.25).tolist() == [True, False]


def test_a_share_is_not_missed_by_a_rounding() -> None:
    assert keeps({"turns": np.array([30]), "late": np.array([3])}, 0.1).all()


@pytest.mark.parametrize("value", ["few", -0.1, float("nan"), True, [0.2]])
def test_what_is_no_share(value: object) -> None:
    with pytest.raises(ConfigError, match="max_lost is a share of the labelled turns"):
        checked_share(value)


def test_what_is_one() -> None:
    assert (checked_share(None), checked_share(0), checked_share(2)) == (None, 0.0, 2.0)
