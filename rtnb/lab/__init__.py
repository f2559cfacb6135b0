"""Whole jobs on top of sessions: a trial of turn detection on a live server, and the demo.

Names arrive when they are used.

Examples
--------
>>> import rtnb.lab
>>> rtnb.lab.trial.__name__
'trial'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.lab.trials.heard import HeardEvent as HeardEvent
    from rtnb.lab.trials.heard import HeardTurn as HeardTurn
    from rtnb.lab.trials.pairs import Pair as Pair
    from rtnb.lab.trials.results import Trial as Trial
    from rtnb.lab.trials.results import TrialRun as TrialRun
    from rtnb.lab.trials.running import trial as trial

_HOMES = {
    "HeardEvent": "trials.heard",
    "HeardTurn": "trials.heard",
    "Pair": "trials.pairs",
    "Trial": "trials.results",
    "TrialRun": "trials.results",
    "trial": "trials.running",
}

__all__ = list(_HOMES)
# Type checkers read the imports above, and tell of names that are not there.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
