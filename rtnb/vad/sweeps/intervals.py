"""How much the numbers of one setting move with other recordings of the same kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rtnb.errors import ConfigError
from rtnb.vad.batch import detect_table
from rtnb.vad.scores.bootstrap import intervals as drawn
from rtnb.vad.scores.bootstrap import rate_intervals
from rtnb.vad.scores.tallying import outcome_of, score_of
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps.measures import RATES

if TYPE_CHECKING:
    import pandas as pd

    from rtnb.vad.sweeps.result import Sweep

__all__ = ["intervals"]

_COUNTS = ("detected", "false_starts", "missed", "clipped", "cut_offs", "merged", "late", "errors")


def intervals(sweep: Sweep, setting: Setting, *, level: float, resamples: int, seed: int) -> pd.DataFrame:
    """See :meth:`rtnb.vad.Sweep.intervals`."""
    import pandas as pd

    if len(sweep.corpus) < 2:
        raise ConfigError("Intervals show how much other recordings would change, and there is only one: add some.")
    outcomes = []
    for item, track in zip(sweep.corpus, sweep.tracks, strict=True):
        assert item.labels is not None
        table = detect_table(track, setting, tuning=setting.tuning(sweep.tuning))
        labelled = item.labels.turns(sweep.scoring.turn_gap_s)
        outcomes.append(outcome_of(table, labelled, sweep.scoring, duration_s=track.duration_s))
    each = [score_of(setting, [outcome]) for outcome in outcomes]
    whole = score_of(setting, outcomes)
    turns = np.array([score.turns for score in each])
    counts = {name: np.array([getattr(score, name) for score in each]) for name in _COUNTS}
    found = drawn(counts, turns, [score.latencies_ms for score in each], level=level, resamples=resamples, seed=seed)
    values = whole.to_dict()
    for rate, name in RATES.items():
        low, high = rate_intervals(counts[name][np.newaxis], turns, level=level, resamples=resamples, seed=seed)
        found[rate] = (float(low[0]), float(high[0]))
        values[rate] = values[name] / whole.turns
    nothing = (float("nan"), float("nan"))
    order = [*_COUNTS, "cut_off_rate", *RATES, "latency_p50_ms", "latency_p90_ms"]
    rows = {name: (values[name], *found.get(name, nothing)) for name in order}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"]).rename_axis("measure")
