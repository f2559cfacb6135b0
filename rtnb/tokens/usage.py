"""TokenUsage: what one response, or any sum of responses, was counted as, by modality and cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from rtnb.tokens.counting import ModalityCount

__all__ = ["TokenUsage"]

_INPUTS = ("text", "audio", "image")
_OUTPUTS = ("text", "audio")
# The order in which a cached total without a split is handed out: least saving first, in every price row known.
_CHEAPEST_FIRST = ("text", "image", "audio", "other")
_ASSUMED = "cached_tokens are not split by modality; taken as text first, so that the cost is an upper bound"
# Members of the details that are subsets of other members, not modalities of their own.
_SUBSETS = frozenset({"cached_tokens", "reasoning_tokens"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens of a response (or of many, added up), by modality; the cached ones are a subset of the input.

    Parameters
    ----------
    input_text, input_audio, input_image : int
        Tokens given to the model, cached ones included.
    cached_text, cached_audio, cached_image : int
        How many of those came from the prompt cache.
    output_text, output_audio : int
        Tokens generated, whether or not anybody heard them.
    input_other, cached_other, output_other : int
        Tokens that the server counted without saying of which modality, or of one that has no member here. They are
        part of the sums and cannot be priced.
    total_other : int
        Tokens of a stated total that neither input nor output accounts for.
    problems : tuple of str
        What does not add up in these counts, in words; empty for sound ones. Counts are kept as they were
        sent, since a server's numbers are evidence even where they are wrong.
    unread : tuple of str
        Those of the problems because of which tokens are missing here: counts that were not sent, cannot be read or
        are negative, or a total above the sum.
    named_other : tuple of (str, str, int)
        What of the other tokens the server did name: side (``"input"`` or ``"output"``), modality, tokens.

    Examples
    --------
    >>> usage = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
    >>> usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.total_tokens
    (132, 64, 121, 253)
    >>> print(usage)
    132 in (119 text, 13 audio; 64 cached), 121 out (30 text, 91 audio)
    >>> (usage + usage).total_tokens
    506
    """

    input_text: int = 0
    input_audio: int = 0
    input_image: int = 0
    input_other: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    cached_image: int = 0
    cached_other: int = 0
    output_text: int = 0
    output_audio: int = 0
    output_other: int = 0
    total_other: int = 0
    problems: tuple[str, ...] = field(default=(), compare=False)
    unread: tuple[str, ...] = field(default=(), compare=False)
    named_other: tuple[tuple[str, str, int], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        found = dict.fromkeys((*self.problems, *self.unread, *_count_problems(self)))
        object.__setattr__(self, "problems", tuple(found))
        object.__setattr__(self, "unread", tuple(dict.fromkeys(self.unread)))

    @property
    def input_tokens(self) -> int:
        """All tokens given to the model."""
        return self.input_text + self.input_audio + self.input_image + self.input_other

    @property
    def cached_tokens(self) -> int:
        """The part of :attr:`input_tokens` that came from the prompt cache."""
        return self.cached_text + self.cached_audio + self.cached_image + self.cached_other

    @property
    def output_tokens(self) -> int:
        """All tokens generated."""
        return self.output_text + self.output_audio + self.output_other

    @property
    def total_tokens(self) -> int:
        """Input and output together, and what a stated total holds beside them."""
        return self.input_tokens + self.output_tokens + self.total_other

    @property
    def doubts(self) -> tuple[str, ...]:
        """The problems that leave no gap in the counts: a contradiction, or a split that had to be assumed.

        Examples
        --------
        >>> TokenUsage.from_wire({"input_tokens": 15, "output_tokens": 0,
        ...     "input_token_details": {"text_tokens": 5, "audio_tokens": 10, "cached_tokens": 8}}).doubts
        ('cached_tokens are not split by modality; taken as text first, so that the cost is an upper bound',)
        """
        seen = {*self.unread, *_count_problems(self)}
        gaps = ("put_tokens", "tokens") if self.cached_tokens > self.input_tokens else ("put_tokens",)
        ends = tuple(f"{gap}{_NO_MODALITY}" for gap in gaps)
        return tuple(text for text in self.problems if text not in seen and not text.endswith(ends))

    def named(self, side: Literal["input", "output"]) -> dict[str, int]:
        """What of the other tokens of a side the server named, by modality; empty where that does not add up.

        Examples
        --------
        >>> TokenUsage.from_wire({"input_tokens": 12, "input_token_details": {"video_tokens": 10}}).named("input")
        {'video': 10}
        """
        found = {modality: tokens for where, modality, tokens in self.named_other if where == side}
        return found if sum(found.values()) <= getattr(self, f"{side}_other") else {}

    def __add__(self, other: object) -> TokenUsage:
        if not isinstance(other, TokenUsage):
            return NotImplemented
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return TokenUsage(
            **counts,
            problems=(*self.problems, *other.problems),
            unread=(*self.unread, *other.unread),
            named_other=_added(*self.named_other, *other.named_other),
        )

    def __radd__(self, other: object) -> TokenUsage:
        # sum() starts from 0.
        return self if other == 0 else NotImplemented

    def __bool__(self) -> bool:
        """Whether anything was counted."""
        return any(getattr(self, name) for name in _COUNTS)

    def __str__(self) -> str:
        into = _listed((name, getattr(self, f"input_{name}")) for name in (*_INPUTS, "other"))
        cached = f"; {self.cached_tokens} cached" if self.cached_tokens else ""
        out = _listed((name, getattr(self, f"output_{name}")) for name in (*_OUTPUTS, "other"))
        rest = f", {self.total_other} more in the total" if self.total_other else ""
        return f"{self.input_tokens} in{_bracketed(into + cached)}, {self.output_tokens} out{_bracketed(out)}{rest}"

    def __repr__(self) -> str:
        shown = [f"{name}={value}" for name in _COUNTS if (value := getattr(self, name))]
        return f"TokenUsage({', '.join(shown)})"

    @classmethod
    def of(
        cls, given: ModalityCount, *, cached: ModalityCount | None = None, made: ModalityCount | None = None
    ) -> Self:
        """Of counts by modality: what was given to the model, the cached part of that, and what it made.

        Examples
        --------
        >>> TokenUsage.of(ModalityCount(text=100, audio=19), cached=ModalityCount(text=64),
        ...     made=ModalityCount(text=10, audio=40))
        TokenUsage(input_text=100, input_audio=19, cached_text=64, output_text=10, output_audio=40)
        """
        cached, made = cached or ModalityCount(), made or ModalityCount()
        return cls(
            input_text=given.text,
            input_audio=given.audio,
            input_image=given.image,
            cached_text=cached.text,
            cached_audio=cached.audio,
            cached_image=cached.image,
            output_text=made.text,
            output_audio=made.audio,
            output_other=made.image,
        )

    @classmethod
    def from_wire(cls, usage: Mapping[str, Any]) -> Self:
        """Of the ``usage`` member of ``response.done``, in the GA shape or the older beta shape.

        Parameters
        ----------
        usage : mapping
            As the server sent it. A response that failed may carry None instead; that is the caller's to tell.

        Returns
        -------
        TokenUsage
            With `problems` naming whatever is missing or does not add up; numbers never raise.

        Notes
        -----
        Where the beta shape gives ``cached_tokens`` without ``cached_tokens_details``, the cached tokens are
        taken to be text first, then image, then audio, each up to what was given of it. Text saves least by
        being cached, in every published price, so the cost is never understated; `problems` says so where another
        split was possible.

        A rest of ``input_tokens`` or ``output_tokens`` that the details do not explain is counted as `other`, and
        one of ``total_tokens`` as `total_other`.

        Examples
        --------
        >>> TokenUsage.from_wire({"total_tokens": 20, "input_tokens": 15, "output_tokens": 5,
        ...     "input_token_details": {"text_tokens": 5, "audio_tokens": 10, "cached_tokens": 8},
        ...     "output_token_details": {"text_tokens": 5, "audio_tokens": 0}})
        TokenUsage(input_text=5, input_audio=10, cached_text=5, cached_audio=3, output_text=5)
        """
        reader = _Reader()
        root = reader.mapping({"usage": usage}, "usage")
        details_in = reader.mapping(root, "input_token_details")
        details_out = reader.mapping(root, "output_token_details")
        given = reader.side(root, details_in, "input", _INPUTS)
        made = reader.side(root, details_out, "output", _OUTPUTS)
        cached = reader.cached(details_in, given)
        beside = reader.beside(root, {"input": details_in, "output": details_out}, given, made)
        return cls(
            **{f"input_{name}": value for name, value in given.items()},
            **{f"cached_{name}": value for name, value in cached.items()},
            **{f"output_{name}": value for name, value in made.items()},
            total_other=beside,
            problems=tuple(reader.problems),
            unread=tuple(reader.unread),
            named_other=tuple(reader.named),
        )

    def to_wire(self) -> dict[str, Any]:
        """The ``usage`` member of ``response.done`` in the GA shape; :meth:`from_wire` reads it back.

        Examples
        --------
        >>> TokenUsage(input_text=10, output_audio=20).to_wire()["output_token_details"]
        {'text_tokens': 0, 'audio_tokens': 20}
        """
        return {
            "total_tokens": self.total_tokens,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "input_token_details": {
                "text_tokens": self.input_text,
                "audio_tokens": self.input_audio,
                "image_tokens": self.input_image,
                "cached_tokens": self.cached_tokens,
                "cached_tokens_details": {
                    "text_tokens": self.cached_text,
                    "audio_tokens": self.cached_audio,
                    "image_tokens": self.cached_image,
                },
                **{f"{name}_tokens": tokens for name, tokens in self.named("input").items()},
            },
            "output_token_details": {
                "text_tokens": self.output_text,
                "audio_tokens": self.output_audio,
                **{f"{name}_tokens": tokens for name, tokens in self.named("output").items()},
            },
        }


_COUNTS = tuple(name for name in TokenUsage.__dataclass_fields__ if name not in ("problems", "unread", "named_other"))
_NO_MODALITY = " are of no stated modality"


def _count_problems(usage: TokenUsage) -> list[str]:
    found = [f"{name} is negative ({value})" for name in _COUNTS if (value := getattr(usage, name)) < 0]
    for name in (*_INPUTS, "other"):
        cached, given = getattr(usage, f"cached_{name}"), getattr(usage, f"input_{name}")
        if cached > given:
            found.append(f"cached_{name} ({cached}) is more than input_{name} ({given})")
    return found


def _added(*named: tuple[str, str, int]) -> tuple[tuple[str, str, int], ...]:
    sums: dict[tuple[str, str], int] = {}
    for side, modality, tokens in named:
        sums[side, modality] = sums.get((side, modality), 0) + tokens
    return tuple((side, modality, tokens) for (side, modality), tokens in sums.items())


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{value} {name}" for name, value in counts if value)


def _bracketed(text: str) -> str:
    return f" ({text.removeprefix('; ')})" if text else ""


class _Reader:
    """Reads counts out of what a server sent and collects what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.unread: list[str] = []
        self.named: list[tuple[str, str, int]] = []

    def mapping(self, root: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = root.get(name)
        if isinstance(value, Mapping):
            return value
        if value is not None:
            self.problems.append(f"{name} is not an object")
        return {}

    def count(self, root: Mapping[str, Any], name: str, *, subset: bool = False) -> int | None:
        value = root.get(name)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        # Without a subset, such as the cached tokens, nothing is missing: all is charged in full.
        (self.problems if subset else self.unread).append(f"{name} is not a whole number ({value!r:.40})")
        return None

    def beside(
        self,
        root: Mapping[str, Any],
        details: Mapping[str, Mapping[str, Any]],
        given: Mapping[str, int],
        made: Mapping[str, int],
    ) -> int:
        """What a stated total holds beside input and output; names a side that was not sent at all."""
        total, summed = self.count(root, "total_tokens"), sum(given.values()) + sum(made.values())
        if total is not None and total < 0:
            self.unread.append(f"total_tokens is negative ({total})")
        elif total is not None and total != summed:
            text = f"total_tokens is {total}, but input and output add up to {summed}"
            (self.unread if total > summed else self.problems).append(text)
        if total is None or total != summed:
            self.unread += [
                f"the server sent no {side}_tokens"
                for side, counts in details.items()
                if root.get(f"{side}_tokens") is None
                and not any(
                    key.endswith("_tokens") and key not in _SUBSETS and value is not None
                    for key, value in counts.items()
                )
            ]
        return max(0, (total or 0) - summed)

    def side(
        self, root: Mapping[str, Any], details: Mapping[str, Any], side: str, modalities: tuple[str, ...]
    ) -> dict[str, int]:
        """Counts by modality of the input or of the output, with the unexplained rest as ``other``."""
        counts = {name: self.count(details, f"{name}_tokens") or 0 for name in modalities}
        known, declared = sum(counts.values()), self.count(root, f"{side}_tokens")
        strange = [key for key in details if key.endswith("_tokens") and key not in _SUBSETS]
        strange = [key for key in strange if key.removesuffix("_tokens") not in modalities]
        # What a stated sum holds anyway is not missing where a strange member cannot be read.
        found = {key.removesuffix("_tokens"): self.count(details, key, subset=declared is not None) for key in strange}
        other = {name: tokens for name, tokens in found.items() if tokens}
        if all(tokens > 0 for tokens in other.values()):
            rest = sum(other.values()) if declared is None else declared - known
            if sum(other.values()) <= rest:
                self.named += [(side, name, tokens) for name, tokens in other.items()]
        if declared is None:
            return {**counts, "other": sum(other.values())}
        if declared < 0:
            self.unread.append(f"{side}_tokens is negative ({declared})")
        if declared < known and (known or declared > 0):
            self.problems.append(f"{side}_tokens is {declared}, but its details add up to {known}")
        elif unnamed := max(declared - known - sum(n for where, _, n in self.named if where == side), 0):
            self.problems.append(f"{unnamed} of {declared} {side}_tokens{_NO_MODALITY}")
        return {**counts, "other": max(declared - known, 0)}

    def cached(self, details: Mapping[str, Any], given: Mapping[str, int]) -> dict[str, int]:
        """Cached counts by modality, split as stated or else conservatively."""
        split = self.mapping(details, "cached_tokens_details")
        counts = {name: self.count(split, f"{name}_tokens", subset=True) or 0 for name in _INPUTS}
        total = self.count(details, "cached_tokens", subset=True)
        rest = 0 if total is None else total - sum(counts.values())
        if not split:
            for name in _CHEAPEST_FIRST:
                counts[name] = min(max(given[name], 0), max(rest, 0))
                rest -= counts[name]
            if 0 < (total or 0) < sum(given.values()) and sum(count > 0 for count in given.values()) > 1:
                self.problems.append(_ASSUMED)
        if rest < 0:
            self.problems.append(f"cached_tokens is {total}, but its details add up to {(total or 0) - rest}")
        elif rest > 0:
            fate = "" if (total or 0) > sum(given.values()) else ", and charged in full"
            self.problems.append(f"{rest} of {total} cached_tokens{_NO_MODALITY}{fate}")
            counts["other"] = counts.get("other", 0) + rest
        return counts
