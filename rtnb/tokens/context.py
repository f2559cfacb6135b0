"""The context window: how much of a conversation a model is given, and what is left out when it is full.

Sources (checked 2026-11-21): the guide "Managing costs" of the Realtime API, and the docstrings of
``RealtimeTruncation`` in the ``openai`` package 3.52.0. Both say when and how much is dropped; neither says what
happens where the newest item alone is too long. Here it stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from rtnb.errors import ConfigError
from rtnb.tokens.counting import ModalityCount

__all__ = ["Fit", "KeepLast", "Summarise", "Truncation", "conversation_limit", "fit", "input_limit"]

WORTH_A_SUMMARY = 1 / 3
"""Share of ``above_tokens`` that a summary must take out of a conversation. Our own choice: with less, a conversation
whose latest turns alone are nearly that long is summed up after each of its turns, and nothing of it is ever read from
the cache; with more, it grows further beyond the limit."""

_KINDS = ("auto", "disabled", "retention_ratio")
_FORMS = (
    '"auto", "disabled", or {"type": "retention_ratio", "retention_ratio": 0.8, '
    '"token_limits": {"post_instructions": 5000}} (token_limits may be left out)'
)


def _is_number(value: object) -> bool:
    # A whole number too large for a float is none that is meant.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _whole(value: object) -> Any:
    """Servers may write 5000.0; what is no number is refused by the constructor."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Truncation:
    """What the server does when a conversation no longer fits: the ``truncation`` member of a session.

    Parameters
    ----------
    kind : {"auto", "disabled", "retention_ratio"}
        ``auto`` drops the oldest items until the rest fits; ``disabled`` refuses the response instead;
        ``retention_ratio`` drops more than it must, so that it happens less often.
    retention_ratio : float
        Share of the limit that is kept when something must go, 0 to 1. Only for ``retention_ratio``.
    post_instructions : int or None
        Tokens that the conversation after instructions and tools may have; None for all that the window leaves.
        Only for ``retention_ratio``, as on the wire.

    Raises
    ------
    ConfigError
        The wire has no such policy.

    Examples
    --------
    >>> Truncation("retention_ratio", 0.8, post_instructions=5000).to_wire()["token_limits"]
    {'post_instructions': 5000}
    >>> print(Truncation("retention_ratio", 0.8, 5000))
    keeps 80 % above 5,000 tokens
    """

    kind: Literal["auto", "disabled", "retention_ratio"] = "auto"
    retention_ratio: float = 1.0
    post_instructions: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ConfigError(f"{self.kind!r:.60} is no kind of truncation; there are {', '.join(_KINDS)}.")
        if not _is_number(self.retention_ratio) or not 0 <= self.retention_ratio <= 1:
            raise ConfigError(f"retention_ratio is a number from 0 to 1, not {self.retention_ratio!r:.60}.")
        limit = self.post_instructions
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ConfigError(f"post_instructions is a whole number of tokens from 1 up, not {limit!r:.60}.")
        if self.kind != "retention_ratio" and (self.retention_ratio != 1 or limit is not None):
            raise ConfigError(
                f"Truncation {self.kind!r} takes neither retention_ratio nor post_instructions. For a limit of your "
                f"own write Truncation('retention_ratio', {self.retention_ratio:g}, post_instructions={limit or 5000})."
            )

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """Of the ``truncation`` member of a session; None, as where a session has none, is ``auto``.

        Raises
        ------
        ConfigError
            `value` is none of the forms of the wire; the message lists them.

        Examples
        --------
        >>> Truncation.from_wire({"type": "retention_ratio", "retention_ratio": 0.8})
        Truncation(kind='retention_ratio', retention_ratio=0.8, post_instructions=None)
        """
        if value is None:
            return cls()
        kind, members = (value.get("type"), value) if isinstance(value, Mapping) else (value, {})
        if kind == "retention_ratio":
            limits = members.get("token_limits") or {}
            ratio = members.get("retention_ratio")
            if isinstance(limits, Mapping) and _is_number(ratio):
                return cls("retention_ratio", cast(float, ratio), _whole(limits.get("post_instructions")))
        elif kind in ("auto", "disabled"):
            return cls(cast(Literal["auto", "disabled"], kind))
        raise ConfigError(f"{value!r:.120} is no truncation; write {_FORMS}.")

    def to_wire(self) -> str | dict[str, Any]:
        """The ``truncation`` member of a session.

        Examples
        --------
        >>> Truncation().to_wire()
        'auto'
        """
        if self.kind != "retention_ratio":
            return self.kind
        wire: dict[str, Any] = {"type": "retention_ratio", "retention_ratio": self.retention_ratio}
        if self.post_instructions is not None:
            wire["token_limits"] = {"post_instructions": self.post_instructions}
        return wire

    def __str__(self) -> str:
        if self.kind == "auto":
            return "drops the oldest items when the window is full"
        if self.kind == "disabled":
            return "refuses when the window is full"
        when = "when the window is full"
        if self.post_instructions is not None:
            when = f"above {self.post_instructions:,} tokens"
        if self.retention_ratio == 1:
            return f"drops the oldest items {when}"
        return f"keeps {self.retention_ratio * 100:.3g} % {when}"


@dataclass(frozen=True, slots=True)
class Summarise:
    """A client's policy: old turns are replaced by one text item once the conversation has grown too long.

    Not sooner than that saves something: a summary must take out at least a third of ``above_tokens``. Where the
    latest turns alone are about that long, the conversation grows somewhat beyond it in between.

    Parameters
    ----------
    above_tokens : int
        Conversation tokens (instructions and tools apart) above which old turns are summarised.
    keep_turns : int
        How many of the latest turns stay as they are; what the user has just said stays in any case.
    summary_tokens : int
        Text tokens of the summary.
    by : callable, optional
        Makes the summary of a live session in place of the model: takes the text of the old turns, a line for each
        message, and returns the summary. It may be async. A simulation does not look at it.
    instructions : str
        For the model that makes the summary of a live session; empty for rtnb's own.

    Raises
    ------
    ConfigError
        A number makes no sense, or `by` is no function.

    Examples
    --------
    >>> print(Summarise(4000))
    summarised above 4,000 tokens, last 2 turns kept
    """

    above_tokens: int
    keep_turns: int = 2
    summary_tokens: int = 200
    by: Callable[[str], Any] | None = field(default=None, repr=False, kw_only=True)
    instructions: str = field(default="", repr=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_whole(self, above_tokens=1, keep_turns=0, summary_tokens=1)
        if self.by is not None and not callable(self.by):
            raise ConfigError(f"by is a function from the text of the old turns to a summary, not {self.by!r:.60}.")

    def due(self, held_tokens: int, old_tokens: int) -> bool:
        """Whether it is time for a summary; live sessions and simulations go by it.

        Parameters
        ----------
        held_tokens : int
            The conversation, instructions and tools apart.
        old_tokens : int
            What of it would go: all but the latest turns, a summary from before included.

        Examples
        --------
        >>> policy = Summarise(900, summary_tokens=200)
        >>> policy.due(950, 450), policy.due(950, 500), policy.due(900, 900)
        (False, True, False)
        """
        saved = old_tokens - self.summary_tokens
        return held_tokens > self.above_tokens and saved >= self.above_tokens * WORTH_A_SUMMARY

    def __str__(self) -> str:
        turns = f"last {self.keep_turns} turns" if self.keep_turns != 1 else "last turn"
        return f"summarised above {self.above_tokens:,} tokens" + (f", {turns} kept" if self.keep_turns else "")


@dataclass(frozen=True, slots=True)
class KeepLast:
    """A client's policy: old turns are deleted, and nothing stands for them.

    Parameters
    ----------
    turns : int
        How many of the latest turns stay.
    above_tokens : int, optional
        Conversation tokens (instructions and tools apart) up to which nothing is deleted. By default what is older
        than `turns` always is, so that nothing behind the instructions is ever cached: a limit is nearly always
        cheaper.

    Raises
    ------
    ConfigError
        A number makes no sense.

    Examples
    --------
    >>> print(KeepLast(6, above_tokens=4000))
    last 6 turns kept above 4,000 tokens
    """

    turns: int
    above_tokens: int | None = None

    def __post_init__(self) -> None:
        _check_whole(self, turns=1, **({} if self.above_tokens is None else {"above_tokens": 1}))

    def __str__(self) -> str:
        turns = f"last {self.turns} turns kept" if self.turns != 1 else "last turn kept"
        return turns if self.above_tokens is None else f"{turns} above {self.above_tokens:,} tokens"


def _check_whole(policy: object, **least: int) -> None:
    for name, lowest in least.items():
        value = getattr(policy, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
            raise ConfigError(f"{name} is a whole number from {lowest} up, not {value!r:.60}.")


@dataclass(frozen=True, slots=True)
class Fit:
    """What becomes of a conversation that is to be given to a model.

    Parameters
    ----------
    left_out : int
        How many of the oldest items are not given.
    fits : bool
        Whether the rest fits. False with truncation disabled means that the response is refused; else that the
        newest item alone is too long.
    """

    left_out: int
    fits: bool


def input_limit(
    context_tokens: int | None, max_output_tokens: int | None, *, max_input_tokens: int | None = None
) -> int | None:
    """Input tokens that a model's window leaves when room for its answer is taken off.

    Parameters
    ----------
    context_tokens, max_output_tokens : int or None
        The model's window and its longest answer; None where not known.
    max_input_tokens : int or None
        What the vendor states for input. It wins: a model of 32k with answers of 4,096 tokens takes 28,224, which
        no subtraction gives.

    Returns
    -------
    int or None
        None where the window is not known.

    Examples
    --------
    >>> input_limit(32_000, 4_096, max_input_tokens=28_224), input_limit(128_000, 32_000), input_limit(None, 4_096)
    (28224, 96000, None)
    """
    if max_input_tokens is not None:
        return max_input_tokens
    return None if context_tokens is None else max(0, context_tokens - (max_output_tokens or 0))


def conversation_limit(settings_tokens: int, input_limit: int | None, truncation: Truncation) -> int | None:
    """Tokens that the conversation may have behind instructions and tools; None for any number.

    The lower one of what the window leaves and of ``post_instructions``.

    Examples
    --------
    >>> conversation_limit(224, 28_224, Truncation("retention_ratio", 0.8, post_instructions=5_000))
    5000
    >>> conversation_limit(224, 28_224, Truncation())
    28000
    """
    limits = [] if input_limit is None else [max(0, input_limit - settings_tokens)]
    if truncation.post_instructions is not None:
        limits.append(truncation.post_instructions)
    return min(limits, default=None)


def fit(
    counts: Sequence[ModalityCount | int],
    *,
    settings_tokens: int = 0,
    input_limit: int | None = None,
    truncation: Truncation = Truncation(),
) -> Fit:
    """How many of the oldest items must go so that a conversation fits.

    Parameters
    ----------
    counts : sequence of ModalityCount or int
        Tokens of the conversation's items, oldest first.
    settings_tokens : int
        Tokens of instructions and tools, which are never dropped.
    input_limit : int or None
        What the model's window leaves for input, :func:`input_limit`; None for no limit.
    truncation : Truncation
        The session's policy.

    Returns
    -------
    Fit
        Nothing is left out while everything fits. When it does not, whole items go from the oldest on: with
        ``auto`` until the rest fits, with ``retention_ratio`` r until r times the most that is allowed is left.
        The newest item stays in any case. An item that was left out does not come back: a server drops it for good.

    Examples
    --------
    >>> fit([40, 30, 20, 10], input_limit=80)
    Fit(left_out=1, fits=True)
    >>> fit([40, 30, 20, 10], input_limit=80, truncation=Truncation("retention_ratio", 0.5))
    Fit(left_out=2, fits=True)
    >>> fit([40, 30, 20, 10], input_limit=80, truncation=Truncation("disabled"))
    Fit(left_out=0, fits=False)
    """
    sizes = [count if isinstance(count, int) else count.total for count in counts]
    limit = conversation_limit(settings_tokens, input_limit, truncation)
    rest = sum(sizes)
    if limit is None or rest <= limit:
        return Fit(0, True)
    if truncation.kind == "disabled":
        return Fit(0, False)
    target, left_out = retained(limit, truncation), 0
    while rest > target and left_out < len(sizes) - 1:
        rest -= sizes[left_out]
        left_out += 1
    return Fit(left_out, rest <= limit)


def retained(limit: int, truncation: Truncation) -> int:
    """Tokens of conversation that may stay once `limit` was exceeded."""
    # The rounding keeps 0.7 * 10 at 7, where the product of floats is a little less.
    return math.floor(round(limit * truncation.retention_ratio, 6))
