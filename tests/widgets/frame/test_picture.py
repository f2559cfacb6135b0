"""The picture that stays in the notebook."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from rtnb.widgets.frame import picture
from rtnb.widgets.frame.picture import Picture


class Handle:
    def __init__(self) -> None:
        self.updated: list[Mapping[str, Any]] = []
        self.seen = threading.Event()

    def update(self, bundle: Mapping[str, Any], raw: bool) -> None:
        self.updated.append(bundle)
        self.seen.set()


def test_it_follows_when_nothing_moves_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "REST_S", 0.05)
    drawn: list[int] = []

    def draw() -> dict[str, Any]:
        drawn.append(len(drawn))
        return {"text/html": f"<b>{len(drawn)}</b>", "text/plain": "lab"}

    shown, handle = Picture(draw), Handle()
    shown.changed()
    shown._handles.append(handle)
    for _ in range(20):
        shown.changed()
    assert handle.seen.wait(10)
    assert shown.mark in handle.updated[0]["text/html"] and len(drawn) < 20
    shown.leave({"text/plain": "last"})
    assert handle.updated[-1] == {"text/plain": "last"}
    count = len(drawn)
    shown.changed()
    assert len(drawn) == count and shown._timer is not None and not shown._timer.is_alive()


def test_outputs_that_were_left_behind_get_the_last_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "REST_S", 0.01)
    shown, handles = Picture(lambda: {"text/plain": "now"}), [Handle() for _ in range(20)]
    shown._handles.extend(handles)
    shown.changed()
    assert handles[-1].seen.wait(10)
    shown.leave({"text/plain": "last"})
    assert [len(each.updated) for each in handles] == [1] * 16 + [2] * 4
    assert all(each.updated[-1] == {"text/plain": "last"} for each in handles)


def test_without_html_there_is_nothing_to_mark() -> None:
    assert Picture(dict).marked({"text/plain": "lab"}) == {"text/plain": "lab"}
