"""What looks at a running server: metrics for Prometheus, structured logs, health."""

from __future__ import annotations

import os
from typing import Literal

from rtnb.errors import ConfigError, MissingExtraError
from rtnb.server.watch.event_log import EventLog
from rtnb.server.watch.logs import configure_logs
from rtnb.server.watch.metrics import INSTALL, Metrics, metrics_available
from rtnb.server.watching import Watcher

__all__ = ["EventLog", "Metrics", "MetricsPolicy", "configure_logs", "watchers_for", "worker_ended"]

MetricsPolicy = Literal["auto", "on", "open", "off"]
"""Whether there are metrics: where they can be, in any case, in any case and for everybody, not at all."""


def watchers_for(*, metrics: MetricsPolicy = "auto", log_level: str = "warning") -> tuple[Watcher, ...]:
    """The watchers that a service needs for its metrics and logs.

    Parameters
    ----------
    metrics : {"auto", "on", "open", "off"}
        ``"auto"``: where the package that they take is installed. ``"open"``: without the server's key.
    log_level : str
        The least that is logged; sessions and responses are at ``"info"``.

    Raises
    ------
    MissingExtraError
        Metrics are wanted in any case, and their package is not installed.
    ConfigError
        There is no such policy.

    Examples
    --------
    >>> watchers_for(metrics="off", log_level="info")
    (EventLog(),)
    """
    if metrics not in ("auto", "on", "open", "off"):
        raise ConfigError(f"'{metrics}' says nothing about metrics: use auto, on, open or off.")
    found = list[Watcher]()
    if metrics in ("on", "open") and not metrics_available():
        raise MissingExtraError(INSTALL)
    if metrics != "off" and metrics_available():
        found.append(Metrics(open=metrics == "open"))
    if log_level in ("debug", "info"):
        found.append(EventLog())
    return tuple(found)


def worker_ended(pid: int) -> None:
    """A worker process is gone: its gauges no longer count. Its counters do, or sums would fall."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder and metrics_available():
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
