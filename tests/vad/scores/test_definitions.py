from __future__ import annotations

import numpy as np
import pytest

from rtnb.errors import ConfigError
from rtnb.vad.scores.definitions import Scoring


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"collar_s": 0.4}, "half of the turn_gap_s"),
        ({"collar_s": -0.1}, "collar_s is 0 or more"),
        ({"collar_s": "a"}, "collar_s is 0 or more"),
        ({"late_s": 0}, "late_s is a positive"),
        ({"late_s": float("nan")}, "late_s is a positive"),
        ({"turn_gap_s": -1}, "turn_gap_s"),
        ({"turn_gap_s": True}, "turn_gap_s"),
    ],
)
def test_definitions_that_cannot_be_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Scoring(**{"turn_gap_s": 0.7, **options})  # type: ignore[arg-type]


def test_definitions_are_numbers_afterwards() -> None:
    scoring = Scoring(turn_gap_s=1, collar_s=0, late_s=np.float32(2))  # type: ignore[arg-type]
    assert [type(value) for value in (scoring.turn_gap_s, scoring.collar_s, scoring.late_s)] == [float] * 3
