"""What a console does for pages, and what it does where there are none."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from support.comms import ComPage, RememberedComm
from support.consoles import ConsolePage, wait_for

import rtnb
from rtnb.plots.stills import console as drawing
from rtnb.widgets.console import board as module
from rtnb.widgets.console import console as consoles
from rtnb.widgets.frame import picture


def tasks_of(session: Any) -> int:
    count: int = session._call(lambda: len(asyncio.all_tasks()))
    return count


def test_consoles_that_nobody_sees_do_nothing(
    shown: Any, comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_S", 0.2)
    monkeypatch.setattr(module, "TICK_S", 0.05)
    session, console, page = shown(modalities=["text"])
    page.say(type="bye")
    board = console._board
    assert board is not None
    wait_for(lambda: board._work is not None and board._work.done())
    before = tasks_of(session)
    # Shown and cleared, as a cell that is run again does it; half of them never reached a page.
    made = [rtnb.Console(session) for _ in range(12)]
    pages = [ConsolePage([comm]) for comm in [each for each in comms if "_esm" in str(each.sent[0][1])][1::2]]
    for each in pages:
        each.hello().say(type="bye")
    wait_for(lambda: tasks_of(session) <= before)
    told = [len(each.wire.told()) for each in pages]
    assert "yes" in session.ask("Say yes.", show=False).text.lower()
    assert [len(each.wire.told()) for each in pages] == told
    # Whoever comes back has all of it.
    for back in (page.hello(), pages[0].hello()):
        assert back.texts() == ["Say yes.", session.turns[0].text]
    page.do("send", text="Spell cat.")
    wait_for(lambda: len(pages[0].texts()) == 4 and len(page.texts()) == 4)
    assert len(made) == 12


def test_many_consoles_of_a_session_draw_one_picture(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    first = drawing.console_bundle

    def counted(*given: Any, **more: Any) -> Any:
        drawn.append(threading.get_ident())
        return first(*given, **more)

    monkeypatch.setattr(drawing, "console_bundle", counted)
    monkeypatch.setattr(picture, "REST_S", 0.05)
    session, console, _ = shown(modalities=["text"])
    others = [rtnb.Console(session) for _ in range(6)]
    session.ask("Say yes.", show=False)
    bundles = [each._repr_mimebundle_()["text/html"] for each in (console, *others)]
    # An event may come between two of them, never between each and the next.
    assert all("Say yes." in each for each in bundles) and len(drawn) <= 3
    changed: list[rtnb.Console] = []
    for each in (console, *others):
        monkeypatch.setattr(each, "_changed", lambda each=each: changed.append(each))
    session.ask("Say no.", show=False)
    # The one that a page shows, and the newest.
    wait_for(lambda: {id(each) for each in changed} == {id(console), id(others[-1])})
    session.close()
    assert all(each.frozen and "Say no." in each._repr_mimebundle_()["text/html"] for each in (console, *others))
    assert len(drawn) <= 6


def test_a_console_that_is_seen_again_has_a_picture_of_the_present(
    shown: Any, comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, console, page = shown(modalities=["text"])
    newer = rtnb.Console(session)
    assert consoles._NEWEST[session._async.core]() is newer
    page.say(type="bye")
    board = console._board
    assert board is not None
    wait_for(lambda: not board.pages)
    changed: list[str] = []
    monkeypatch.setattr(console, "_changed", lambda: changed.append("yes"))
    session.ask("Say yes.", show=False)
    assert changed == []
    page.hello()
    assert changed == ["yes"]


def test_two_views_of_a_session_and_who_listens(shown: Any, comms: list[RememberedComm]) -> None:
    session, console, page = shown()
    second = rtnb.Console(session)
    other = ConsolePage(comms).hello()
    microphone = rtnb.Microphone(session)
    mic = ComPage(comms, page="m1")
    page.mic(type="on", engine="e1")
    wait_for(lambda: console.listening and other.read().parts["mic"]["elsewhere"])
    # Who types in the other one does not hear it there, and switches nobody off.
    other.mic(type="on", engine="e2", capture=False)
    wait_for(lambda: [m["mic"]["page"] for m, _ in other.wire.told("mic") if m["mic"]["type"] == "taken"] == ["e1"])
    assert console.listening and not second.listening and session._async.core.talk.player.attached
    page.mic(bytes(2880), type="frame", seq=0, engine="e1")
    wait_for(lambda: session._async.core.talk.clock.total_bytes == 2880)
    # A microphone button does.
    mic.say(type="on")
    wait_for(lambda: microphone.on and not console.listening)
    page.mic(type="on", engine="e1", capture=False)
    page.do("interrupt")
    assert microphone.on
    mic.say(b"\0" * 2880, type="frame", seq=0)
    wait_for(lambda: microphone.stats.heard_s > 0)
    mic.say(type="off")
    wait_for(lambda: not other.read().parts["mic"]["elsewhere"])
    other.mic(type="on", engine="e2", capture=False)
    wait_for(lambda: other.read().parts["mic"]["page"] == "e2")
    page.mic(type="off", engine="e1")
    other.mic(type="off", engine="e2")


def test_a_patch_does_not_count_rows_that_a_page_may_have(shown: Any) -> None:
    _, _, page = shown(modalities=["text"])
    page.do("send", text="Hello.", respond=False)
    wait_for(lambda: page.texts() == ["Hello."])
    assert not any("earlier" in patch for patch, _ in page.wire.told("patch"))
