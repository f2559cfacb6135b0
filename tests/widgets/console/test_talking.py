"""Holds that end in another way than by letting go: none of them leaves the session waiting."""

from __future__ import annotations

from typing import Any

import pytest
from support.comms import RememberedComm
from support.consoles import ConsolePage, wait_for

import rtnb


def free(session: Any, console: rtnb.Console, page: ConsolePage) -> None:
    """The session can be asked again, as before the hold."""
    board = console._board
    assert board is not None
    wait_for(lambda: board.talking.phase == "idle" and not page.read().parts["mic"]["holding"])
    wait_for(lambda: session.config.turn_detection is not None)
    assert "yes" in session.ask("Say yes.", show=False, timeout=20).text.lower()
    kinds = [event.type for event in session.events if event.direction == "sent"]
    assert "input_audio_buffer.commit" not in kinds


@pytest.mark.parametrize("how", ["cancel", "capture", "lost", "other", "choose"])
def test_a_hold_whose_page_stops_listening_is_given_up(shown: Any, how: str) -> None:
    session, console, page = shown()
    page.mic(type="on", device="Headset")
    assert page.do("talk", down=True)["type"] == "done"
    page.frames(bytes(28800))
    match how:
        case "cancel":
            assert page.do("talk", down=False, last=-1, cancel=True)["text"] == "Nothing was sent."
        case "capture":
            # The loudspeaker goes on, and so its page does.
            page.mic(type="capture", capture=False)
        case "lost":
            # The page thought the kernel gone for a moment, and let go.
            page.say(type="hello", holding=False)
        case "other":
            page.mic(type="on", engine="e2")
        case "choose":
            page.mic(type="capture", capture=False)
            page.mic(type="capture", capture=True, device="Other")
    free(session, console, page)
    assert page.do("talk", down=False, last=9)["text"] == "Nothing was sent."


def test_a_page_that_says_hello_in_a_hold_goes_on_holding(shown: Any) -> None:
    _, console, page = shown()
    page.mic(type="on")
    page.do("talk", down=True)
    page.seq = None
    page.say(type="hello", holding=True)
    page.say(type="hello")
    wait_for(lambda: page.read().seq is not None)
    assert page.parts["mic"]["holding"] and console._board is not None and console._board.talking.phase == "holding"


def test_nothing_is_held_without_a_microphone(shown: Any) -> None:
    session, _, page = shown()
    for capture in (None, False):
        if capture is not None:
            page.mic(type="on", capture=capture)
        found = page.do("talk", down=True)
        assert found["type"] == "failed" and "microphone is not on" in found["text"]
    assert session.config.turn_detection is not None


def test_a_muted_microphone_is_never_a_turn(shown: Any) -> None:
    session, _, page = shown()
    page.mic(type="on", muted=False)
    page.do("mute", on=True)
    found = page.do("talk", down=True)
    assert found["type"] == "failed" and "muted" in found["text"]
    page.do("mute", on=False)
    assert page.do("talk", down=True)["type"] == "done"
    assert page.do("talk", down=False, cancel=True)["type"] == "done"
    assert not session.turns


def test_a_page_that_comes_back_muted_is_known_to_be(shown: Any, comms: list[RememberedComm]) -> None:
    _, console, page = shown()
    board = console._board
    assert board is not None
    page.mic(type="on")
    page.do("mute", on=True)
    wait_for(lambda: page.status["text"] == "The microphone is muted.")
    # The kernel was busy for longer than a page may be silent.
    board.line._heard_s -= 60
    wait_for(lambda: page.read().parts["mic"]["gone"])
    page.mic(type="beat", sent=0, muted=True)
    wait_for(lambda: not page.read().parts["mic"]["gone"] and page.parts["mic"]["muted"])
    wait_for(lambda: page.status["text"] == "The microphone is muted.")
    page.mic(type="beat", sent=0, muted=False)
    wait_for(lambda: not page.read().parts["mic"]["muted"])
