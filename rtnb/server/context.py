"""What a response is given of the conversation: items that fit its model's window, older ones left out for good."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rtnb.protocol.rules import client_rules
from rtnb.server import problems
from rtnb.server.answer.metering import Meter, segment_of
from rtnb.server.conversation import Conversation, Item
from rtnb.server.problems import Refused
from rtnb.tokens import Truncation, conversation_limit, fit, input_limit

if TYPE_CHECKING:
    from rtnb.pricing import Rates

__all__ = ["Context", "longest_conversation", "window"]


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

    def check_settings(self, instructions: str, tools: Sequence[Mapping[str, Any]], path: str) -> None:
        """Refuse instructions and tools that are too long together; `path` is what the refusal points at.

        Raises
        ------
        Refused
            They are.
        """
        limit = client_rules().instructions_and_tools_tokens
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
            They do not fit, and truncation is disabled.
        """
        everything = self._conversation if input is None else input
        items = [item for item in everything if not item.in_progress and (input is not None or not item.left_out)]
        policy = Truncation.from_wire(truncation)
        if self._window is None and policy.post_instructions is None:
            return items
        before = self._meter.settings(instructions, tools).count.total
        sizes = [segment_of(item).count.total for item in items]
        found = fit(sizes, settings_tokens=before, input_limit=self._window, truncation=policy)
        if not found.fits and policy.kind == "disabled":
            limit = conversation_limit(before, self._window, policy)
            raise Refused(problems.context_full(sum(sizes), limit or 0))
        if input is None and in_conversation:
            for item in items[: found.left_out]:
                item.left_out = True
        return items[found.left_out :]
