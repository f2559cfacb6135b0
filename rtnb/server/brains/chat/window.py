"""History within a model's window: the oldest is left out, whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from rtnb.server.brains.chat.messages import Turn
from rtnb.tokens import IMAGE_TOKENS, count_text

__all__ = ["fitting", "tokens_of"]

MESSAGE_TOKENS: Final = 4
"""What frames one message: role and separators, 3 to 5 tokens in the common chat templates."""

ANSWER_SHARE: Final = 0.25
"""Of the window, kept free for the answer at most (own choice)."""
ANSWER_TOKENS: Final = 1024
"""Kept free for an answer of no stated length: four minutes of speech."""


def fitting(
    turns: Sequence[Turn], *, prompt: str, tools: object, context_tokens: int, answer_tokens: int | None = None
) -> list[Turn]:
    """The youngest turns that fit beside the prompt, the tools and the answer.

    Counts are those of another model's vocabulary, so estimates. The last turn and the user's last always stay: whether
    the endpoint takes them is its to say. A call is never parted from its output, and what is left does not begin with
    an answer whose question is gone: chat templates refuse a conversation without a user, or one that others begin.

    Parameters
    ----------
    turns : sequence of Turn
    prompt : str
        The system prompt.
    tools : object
        The ``tools`` member, or None.
    context_tokens : int
        The window.
    answer_tokens : int, optional
        The longest answer.

    Examples
    --------
    >>> turns = [({"role": "user", "content": word * 50},) for word in ("old ", "young ")]
    >>> [turn[0]["content"][:5] for turn in fitting(turns, prompt="", tools=None, context_tokens=100)]
    ['young']
    """
    free = min(answer_tokens or ANSWER_TOKENS, int(context_tokens * ANSWER_SHARE))
    left = context_tokens - free - MESSAGE_TOKENS - count_text(prompt)
    if tools:
        left -= count_text(json.dumps(tools))
    users = [place for place, turn in enumerate(turns) if turn[0]["role"] == "user"]
    stay = {*users[-1:], len(turns) - 1}
    left -= sum(tokens_of(turns[place]) for place in stay if place >= 0)
    begin = len(turns)
    while begin:
        if begin - 1 not in stay:
            left -= tokens_of(turns[begin - 1])
            if left < 0:
                break
        begin -= 1
    if begin == 0:
        return list(turns)
    if users and users[-1] < begin:
        return [turns[users[-1]], *turns[begin:]]
    first = next((place for place in users if place >= begin), begin)
    return [turn for turn in turns[begin:first] if turn[0]["role"] == "system"] + list(turns[first:])


def tokens_of(turn: Turn) -> int:
    """About how many tokens a turn takes."""
    return sum(MESSAGE_TOKENS + _content(message) + _calls(message) for message in turn)


def _content(message: dict[str, Any]) -> int:
    content = message["content"] or ""
    if isinstance(content, str):
        return count_text(content)
    return sum(count_text(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in content)


def _calls(message: dict[str, Any]) -> int:
    calls = message.get("tool_calls", ())
    return sum(count_text(call["function"]["name"]) + count_text(call["function"]["arguments"]) for call in calls)
