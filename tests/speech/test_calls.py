"""Calls into code of somebody else's."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError, MissingExtraError, ModelError
from rtnb.speech.calls import Calls, made, whole


def raising(error: BaseException) -> Any:
    def work() -> None:
        raise error

    return work


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("nothing to say")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(1), "StopIteration: 1"),
        (OSError("no\nlicence \ud83d"), r"OSError: no licence \?"),
        (TimeoutError("of its own"), "TimeoutError: of its own"),
        (Mute(), "Mute: .its message cannot be shown"),
    ],
)
def test_whatever_is_raised_is_one_error(error: BaseException, told: str) -> None:
    with pytest.raises(ModelError, match=f"^The ear 'mine' cannot be made: {told}"):
        made(raising(error), "The ear 'mine'")
    with pytest.raises(ModelError, match=f"^The ear 'mine' failed: {told}"):
        Calls(object(), "ear", "mine")(raising(error))


@pytest.mark.parametrize("error", [ConfigError("no"), MissingExtraError("none")])
def test_errors_of_rtnb_are_left_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        made(raising(error), "The ear 'mine'")
    assert caught.value is error


def test_what_takes_too_long_to_make_is_left_behind() -> None:
    end = threading.Event()
    with pytest.raises(ModelError, match=r"not made after 0\.05 s.*load_timeout_s"):
        made(lambda: end.wait(60), "The ear 'mine'", 0.05)
    (thread,) = (each for each in threading.enumerate() if each.name == "rtnb-plugin")
    assert thread.daemon
    end.set()
    thread.join(30)


@given(st.text(st.characters(exclude_categories=())))
def test_text_can_be_sent(text: str) -> None:
    sent = whole(text)
    assert sent.encode().decode() == sent and len(sent) == len(text)
    assert all(new in (old, "?") for old, new in zip(text, sent, strict=True))
