"""What is behind an operating point: which setting, and what it gets wrong besides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rtnb._display import counted
from rtnb.vad.scores.losing import LOSSES
from rtnb.vad.setting import Setting

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Chosen"]

_NAMES = tuple(name for group in LOSSES for name in group)
_SAID = {"missed": "missed turn", "merged": "merged turn", "false_starts": "false start", "late": "late end"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The row of a table that is the best within a budget.

    Attributes
    ----------
    budget : str
        "5% cut-offs", "300 ms".
    row : object
        Its index in the table.
    setting : Setting or None
        Where the table has threshold, prefix_padding_ms and silence_duration_ms.
    counts : mapping of str to int
        Missed, merged, false_starts and late, as far as the table has them.

    Examples
    --------
    >>> import pandas as pd
    >>> str(Chosen.of(pd.DataFrame({"missed": [0, 2], "false_starts": [3, 1]}), "300 ms", 1))
    '300 ms: row 1, with 2 missed turns and 1 false start'
    """

    budget: str
    row: object
    setting: Setting | None
    counts: Mapping[str, int]

    @classmethod
    def of(cls, frame: pd.DataFrame, budget: str, row: object) -> Chosen:
        """A row of a table by its index."""
        # Where several rows are called the same, the first of them.
        place = int((frame.index == row).argmax())
        told = {str(name): frame[name].iloc[place] for name in frame.columns}
        counts = {name: int(told[name]) for name in _NAMES if name in told}
        setting = None
        if {"threshold", "prefix_padding_ms", "silence_duration_ms"} <= set(told):
            depth = float(told.get("hysteresis", math.nan))
            setting = Setting(
                float(told["threshold"]),
                int(told["prefix_padding_ms"]),
                int(told["silence_duration_ms"]),
                None if math.isnan(depth) else depth,
            )
        return cls(budget, row, setting, counts)

    def __str__(self) -> str:
        known = [counted(count, _SAID[name]) for name, count in self.counts.items()]
        told = " and ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))
        name = f"row {self.row}" if self.setting is None else str(self.setting)
        return f"{self.budget}: {name}{f', with {told}' if told else ''}"
