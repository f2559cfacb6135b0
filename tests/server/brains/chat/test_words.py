"""The words of an answer."""

from __future__ import annotations

from rtnb.server.brains.chat.words import Words


def say(text: str, *, spoken: bool) -> tuple[str, Words]:
    words = Words(spoken=spoken)
    return "".join(map(words.push, text)) + words.end(), words


def test_what_is_spoken_is_plain_and_what_is_written_is_not() -> None:
    text = "\n<think>So?</think>\n\n- **Yes** 😀"
    assert say(text, spoken=True)[0] == "Yes "
    assert say(text, spoken=False)[0] == "- **Yes** 😀"


def test_white_space_is_no_answer() -> None:
    for text in ("", " \n ", "<think>x</think>\n", "\n\n"):
        for spoken in (True, False):
            said, words = say(text, spoken=spoken)
            assert said == "" and not words.begun
            assert words.thought == ("think" in text)


def test_what_is_held_back_comes_at_the_end() -> None:
    assert say("2 <th", spoken=True)[0] == "2 <th"
    assert say("a *", spoken=True)[0] == "a *"


def test_thoughts_are_counted() -> None:
    words = Words(spoken=True, thinking=True)
    assert words.push("x" * 1000 + "</think>" + "Yes.") == "Yes."
    assert words.thought and 1000 <= words.thought_chars <= 1010
