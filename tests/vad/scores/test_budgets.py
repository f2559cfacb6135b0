from __future__ import annotations

import pandas as pd

from rtnb.vad.scores.budgets import Chosen
from rtnb.vad.setting import Setting


def test_a_row_with_its_setting_and_what_it_gets_wrong() -> None:
    row = {"threshold": 0.4, "prefix_padding_ms": 300, "silence_duration_ms": 500}
    frame = pd.DataFrame([{**row, "missed": 1, "merged": 0, "false_starts": 2, "late": 3}] * 2, index=["a", "b"])
    found = Chosen.of(frame, "5% cut-offs", "b")
    assert found.setting == Setting(0.4, 300, 500)
    assert found.counts == {"missed": 1, "merged": 0, "false_starts": 2, "late": 3}
    assert str(found) == (
        "5% cut-offs: 0.40 / 300 / 500, with 1 missed turn, 0 merged turns, 2 false starts and 3 late ends"
    )
    frame["hysteresis"] = 0.3
    assert Chosen.of(frame, "300 ms", "a").setting == Setting(0.4, 300, 500, 0.3)


def test_a_table_that_tells_nothing_else() -> None:
    found = Chosen.of(pd.DataFrame({"latency_p50_ms": [1.0]}), "300 ms", 0)
    assert (found.setting, found.counts, str(found)) == (None, {}, "300 ms: row 0")
