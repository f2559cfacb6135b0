"""What a response is given of the conversation: items that fit its model's window, older ones left out for good."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rtnb.protocol.rules import client_rules
from rtnb.server import problems
from rtnb.server.answer.metering import Meter, counted, segment_of
from rtnb.server.conversation import Conversation, Item
from rtnb.server.problems import Refused
from rtnb.tokens import Truncation, conversation_limit, fit, input_limit, settings_tokens

if TYPE_CHECKING:
    from rtnb.pricing import Rates

__all__ = ["Context", "Run", "longest_conversation", "window"]

Run = Callable[..., Awaitable[Any]]
"""``await run(work, *args)``: the work's result, from a thread."""

QUICK_CHARS: Final = 20_000
"""Text that is counted at once: about a millisecond (measured with o200k_base on one core, 75 characters a
microsecond; the estimate without it takes some times as long)."""

AUDIO_BYTES_A_CHAR: Final = 64
"""Audio whose checksum takes as long as counting a character: about a gigabyte a second (measured, zlib.crc32)."""

EFFORT_OF_ANY: Final = 100
"""What any item takes, in characters (measured: tens of microseconds)."""

CHARS_A_TOKEN: Final = 16
"""Text with more characters a token than this is not counted but refused (own choice: prose has four or five)."""


@functools.cache
def window(model: str) -> int | None:
    """Input tokens that a model takes, by the carried table of models; None for one that is not in it.

    Examples
    --------
    >>> window("gpt-realtime"), window("gpt-of-tomorrow")
    (28224, None)
    """
    rates = _rates(model)
    if rates is None:
        return None
    return input_limit(rates.context_tokens, rates.max_output_tokens, max_input_tokens=rates.max_input_tokens)


@functools.cache
def longest_conversation(model: str) -> int | None:
    """The most that ``post_instructions`` may ask for: the window without the longest answer, as its docstring says.

    Examples
    --------
    >>> longest_conversation("gpt-realtime")
    28224
    """
    rates = _rates(model)
    if rates is None or rates.context_tokens is None:
        return None
    # The documented room of a 32k model is more than its documented window leaves; neither is refused.
    return max(rates.context_tokens - (rates.max_output_tokens or 0), window(model) or 0)


def _rates(model: str) -> Rates | None:
    from rtnb.pricing.prices.rates import RateBook

    book = RateBook.of_package()
    return book.at(model) or next(iter(reversed(book.rows(model))), None)


def _effort(item: Item) -> int:
    """How long it takes to count an item, in characters of text: a checksum of audio is faster than tokens."""
    return sum(map(len, item.texts())) + len(item.audio) // AUDIO_BYTES_A_CHAR + EFFORT_OF_ANY


def _chars(instructions: str, tools: Sequence[Mapping[str, Any]]) -> int:
    return len(instructions) + (len(json.dumps(tools)) if tools else 0)


def _most_chars() -> int:
    return client_rules().instructions_and_tools_tokens * CHARS_A_TOKEN


class Context:
    """The context window of one session.

    Parameters
    ----------
    conversation : Conversation
    meter : Meter
        Counts.
    model : str
        Whose window it is.
    """

    def __init__(self, conversation: Conversation, meter: Meter, model: str) -> None:
        self._conversation = conversation
        self._meter = meter
        self._window = window(model)

    async def count(self, items: Iterable[Item], run: Run) -> None:
        """Count items that nobody has counted yet; in a thread what would keep the event loop from others.

        Parameters
        ----------
        items : iterable of Item
        run : callable
            ``await run(work, *args)`` carries out work in a thread.
        """
        new = [item for item in items if item.segment is None and not item.in_progress]
        if sum(map(_effort, new)) <= QUICK_CHARS:
            for item in new:
                segment_of(item)
            return
        for item in new:
            if _effort(item) <= QUICK_CHARS:
                segment_of(item)
                # Thousands of small ones are long together.
                await asyncio.sleep(0)
                continue
            before = (item.wire, item.content, len(item.audio))
            found = await run(counted, item)
            if (item.wire, item.content, len(item.audio)) == before and not item.in_progress:
                item.segment = found

    async def count_settings(self, instructions: str, tools: Sequence[Mapping[str, Any]], run: Run) -> None:
        """Count instructions and tools in a thread if they are long, but not so long that they are refused anyhow."""
        chars = _chars(instructions, tools)
        if QUICK_CHARS < chars <= _most_chars():
            self._meter.keep_settings(instructions, tools, await run(settings_tokens, instructions, tools))

    def check_settings(self, instructions: str, tools: Sequence[Mapping[str, Any]], path: str) -> None:
        """Refuse instructions and tools that are too long together; `path` is what the refusal points at.

        Raises
        ------
        Refused
            They are.
        """
        limit = client_rules().instructions_and_tools_tokens
        if _chars(instructions, tools) > _most_chars():
            raise Refused(problems.instructions_too_long(path, None, limit))
        tokens = self._meter.settings(instructions, tools).count.total
        if tokens > limit:
            raise Refused(problems.instructions_too_long(path, tokens, limit))

    def given(
        self,
        instructions: str,
        tools: Sequence[Mapping[str, Any]],
        truncation: object,
        *,
        input: Iterable[Item] | None = None,
        in_conversation: bool = True,
    ) -> list[Item]:
        """The items of a response, oldest first.

        Parameters
        ----------
        instructions, tools
            What stands before them.
        truncation : object
            The session's ``truncation``.
        input : iterable of Item, optional
            Items of the response's own; None for the conversation.
        in_conversation : bool
            Whether it belongs to the default conversation: what is left out then never comes back.

        Raises
        ------
        Refused
            They do not fit and truncation is disabled, or the newest of them alone is more than the model takes.
        """
        everything = self._conversation if input is None else input
        # What is named explicitly is given as far as it has come.
        items = [item for item in everything if input is not None or not (item.in_progress or item.left_out)]
        policy = Truncation.from_wire(truncation)
        if self._window is None and policy.post_instructions is None:
            return items
        before = self._meter.settings(instructions, tools).count.total
        sizes = [segment_of(item).count.total for item in items]
        found = fit(sizes, settings_tokens=before, input_limit=self._window, truncation=policy)
        if not found.fits and policy.kind == "disabled":
            limit = conversation_limit(before, self._window, policy)
            raise Refused(problems.context_full(sum(sizes), limit or 0, "Truncation is disabled; the conversation"))
        if self._window is not None and sizes and before + sizes[-1] > self._window:
            room = max(0, self._window - before)
            raise Refused(problems.context_full(sizes[-1], room, "The newest item alone"))
        if input is None and in_conversation:
            for item in items[: found.left_out]:
                item.left_out = True
        return items[found.left_out :]
