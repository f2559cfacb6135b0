"""The base of views: two outputs, what a page says, and what stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from support.comms import ComPage, RememberedComm, remember_comms

from rtnb.widgets.assets import WAVEFORM
from rtnb.widgets.frame import live
from rtnb.widgets.frame.live import FROZEN, LiveView
from rtnb.widgets.frame.picture import GONE

WIDGET = "application/vnd.jupyter.widget-view+json"


class Shown(LiveView):
    def __init__(self, *, fails: bool = False) -> None:
        super().__init__(WAVEFORM, {"colour": "blue"})
        self.fails = fails
        self.heard: list[Mapping[str, Any]] = []
        self.ended = 0

    def _draw(self) -> dict[str, Any]:
        if self.fails:
            raise ValueError("no picture <today>")
        return {"text/html": "<b>drawn</b>", "image/png": b"png"}

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        if content["type"] == "bad":
            raise KeyError("what")
        self.heard.append({**content, "buffers": buffers})

    def _gone(self) -> None:
        self.ended += 1

    def __repr__(self) -> str:
        return "Shown(<1>)"


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    return remember_comms(monkeypatch)


class Handle:
    def __init__(self) -> None:
        self.updated: list[Mapping[str, Any]] = []

    def update(self, bundle: Mapping[str, Any], raw: bool) -> None:
        self.updated.append(bundle)


def test_a_page_knows_the_settings_and_where_the_picture_is(comms: list[RememberedComm]) -> None:
    view = Shown()
    page = ComPage(comms)
    assert page.settings == {"colour": "blue", "closed": "", "still": view._picture.mark}


def test_what_a_page_says_arrives_and_a_ping_is_answered(comms: list[RememberedComm]) -> None:
    view = Shown()
    page = ComPage(comms)
    page.say(b"abc", type="hello")
    assert view.heard == [{"page": "p1", "type": "hello", "buffers": [b"abc"]}]
    page.say(type="ping")
    assert [content["type"] for content, _ in page.told()] == ["pong"] and len(view.heard) == 1


def test_what_fails_is_a_sentence_and_no_traceback(comms: list[RememberedComm]) -> None:
    view = Shown()
    page = ComPage(comms)
    page.say(type="bad")
    ((said, _),) = page.told("say")
    assert said["kind"] == "problem" and "log" in said["text"]
    page.say(type="hello")
    assert len(view.heard) == 1


def test_frozen_once_the_picture_stays(comms: list[RememberedComm]) -> None:
    view = Shown()
    page = ComPage(comms)
    still, lively = Handle(), Handle()
    view._picture._handles.append(still)
    view._handles.append(lively)
    assert WIDGET in view._repr_mimebundle_() and not view.frozen
    view.freeze()
    view.freeze()
    assert view.frozen and view.ended == 1
    # Dollar signs are no formulas.
    html = '<div class="tex2jax_ignore mathjax_ignore"><b>drawn</b></div>'
    assert still.updated == [{"text/plain": "Shown(<1>)", "text/html": html, "image/png": b"png"}]
    assert lively.updated == [GONE] and page.settings["closed"] == FROZEN
    assert WIDGET not in view._repr_mimebundle_()


def test_a_picture_that_fails_leaves_the_words(comms: list[RememberedComm]) -> None:
    bundle = Shown(fails=True)._repr_mimebundle_()
    assert bundle["text/plain"] == "Shown(<1>)" and "Shown(&lt;1&gt;)" in bundle["text/html"] and WIDGET in bundle


def test_a_view_shown_is_remembered_for_the_end(comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython.display

    shown: list[Mapping[str, Any]] = []
    kept: list[LiveView] = []

    def display(bundle: Mapping[str, Any], **options: Any) -> Handle:
        shown.append(bundle)
        return Handle()

    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(live, "remember", kept.append)
    view = Shown()
    view._ipython_display_()
    assert [WIDGET in bundle for bundle in shown] == [False, True] and kept == [view]
    assert view._picture.mark in shown[0]["text/html"]
    view.freeze()
    view._ipython_display_()
    assert len(shown) == 3 and WIDGET not in shown[2]
