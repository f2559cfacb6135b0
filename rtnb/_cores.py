"""How many processor cores this process is to use."""

from __future__ import annotations

import os
import sys
import threading

__all__ = ["CORES", "step_back", "usable_cores"]

CORES = "RTNB_CORES"
"""Environment variable that says so; a server's workers each get their part of the machine by it."""


BACK = 5
"""By how much a thread's niceness rises. Own choice, because it then has a third of the weight of one that has not
stepped back (``sched_prio_to_weight`` of Linux: 335 to 1024)."""


def usable_cores() -> int:
    """Cores that this process may run on, at least one; fewer where ``RTNB_CORES`` says so.

    What the variable holds is taken where it is a whole number from 1 and not more than there are.

    Examples
    --------
    >>> usable_cores() >= 1
    True
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = os.environ.get(CORES, "")
    return min(there, max(1, int(said))) if said.isascii() and said.isdigit() else there


def step_back() -> None:
    """Let this thread, and those that it starts, come after others: for what takes long, beside what must not wait.

    Only where the machine is shared out (``RTNB_CORES`` is set), so that recognition in one worker does not hold up
    the events of another; and only on Linux, where niceness is that of a thread.

    Examples
    --------
    >>> step_back()
    """
    if CORES not in os.environ or sys.platform != "linux":
        return
    thread = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + BACK)
    except OSError:
        # Not allowed here: it is a favour only.
        return
