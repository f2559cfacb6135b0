"""The watchers that a service is given."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.errors import ConfigError, MissingExtraError
from rtnb.server import watch
from rtnb.server.watch import EventLog, Metrics, watchers_for, worker_ended


def test_watchers_for_a_service() -> None:
    assert [type(each) for each in watchers_for(log_level="info")] == [Metrics, EventLog]
    (only,) = watchers_for(metrics="open")
    assert isinstance(only, Metrics) and only.open
    assert watchers_for(metrics="off") == ()
    wrong: Any = "loud"
    with pytest.raises(ConfigError, match="auto, on, open or off"):
        watchers_for(metrics=wrong)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "metrics_available", lambda: False)
    assert watchers_for() == ()
    with pytest.raises(MissingExtraError, match=r"pip install 'rtnb\[serve\]'"):
        watchers_for(metrics="on")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/nowhere")
    worker_ended(1)


def test_a_worker_that_ended_where_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    worker_ended(1)
