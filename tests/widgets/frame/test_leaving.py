"""What is left when the kernel goes."""

from __future__ import annotations

import gc

import pytest

from rtnb.widgets.frame import leaving


class View:
    def __init__(self, failure: Exception | None = None) -> None:
        self.frozen = 0
        self.failure = failure

    def freeze(self) -> None:
        self.frozen += 1
        if self.failure:
            raise self.failure


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "_LIVE", type(leaving._LIVE)())


def test_every_view_is_frozen_once_even_after_one_that_fails() -> None:
    views = [View(), View(RuntimeError("gone")), View()]
    for view in views:
        leaving.remember(view)
    leaving.leave()
    leaving.leave()
    assert [view.frozen for view in views] == [1, 1, 1]


def test_without_time_nothing_is_begun() -> None:
    view = View()
    leaving.remember(view)
    leaving.leave(patience_s=-1.0)
    assert view.frozen == 0


def test_a_view_that_nobody_has_is_forgotten() -> None:
    leaving.remember(View())
    gc.collect()
    assert len(leaving._LIVE) == 0
