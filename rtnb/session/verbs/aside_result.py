"""What comes of an aside: a response beside the conversation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb._display import Drawable
from rtnb.audio import Clip
from rtnb.pricing import Cost
from rtnb.session.verbs.word_errors import WordErrors, word_errors
from rtnb.tokens import TokenUsage

__all__ = ["UNSURE", "AsideResult", "Label", "ModelTranscript", "Moderation"]

UNSURE = "unsure"
"""The label where none fits, or where the model's answer is no label."""

_FENCE = re.compile(r"^```\w*\s*|\s*```$")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideResult(Drawable):
    """One out-of-band response: it was asked beside the conversation, which does not know of it.

    A response that failed, was cancelled or cut off is a result like any other; `status` tells.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     s.aside(input="What is 12 times 12?").text
    '12 times 12 is 144.'
    """

    text: str = ""
    """The answer, or the transcript of its audio."""
    audio: Clip | None = None
    status: str = "completed"
    """``completed``, ``cancelled``, ``incomplete`` or ``failed``."""
    status_details: Mapping[str, Any] | None = None
    """As the server sent them."""
    calls: tuple[Mapping[str, Any], ...] = ()
    """Function calls in it (``name``, ``arguments``, ``call_id``). Nobody carries them out: the conversation
    does not know of them, and could not be told an output."""
    usage: TokenUsage | None = None
    cost: Cost | None = None
    """At the model's price on the day of the session; None where the server counted nothing."""
    response_id: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What was attached to it."""
    elapsed_s: float = 0.0
    """From the request to its end."""
    model: str = ""
    endpoint: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was completed."""
        return self.status == "completed"

    @property
    def status_reason(self) -> str:
        """Why it was not completed, in the server's words; empty if it was.

        Examples
        --------
        >>> AsideResult(status="failed", status_details={"error": {"message": "No quota."}}).status_reason
        'No quota.'
        """
        if self.ok:
            return ""
        details = self.status_details or {}
        error = details.get("error")
        message = error.get("message") if isinstance(error, Mapping) else None
        return str(message or details.get("reason") or self.status)

    @property
    def data(self) -> Any:
        """The answer read as JSON, also out of a Markdown fence; None where it is none.

        Examples
        --------
        >>> AsideResult(text='```json\\n{"label": "sales"}\\n```').data
        {'label': 'sales'}
        """
        text = _FENCE.sub("", self.text.strip())
        try:
            return json.loads(text)
        except ValueError:
            start, end = text.find("{"), text.rfind("}")
            try:
                return json.loads(text[start : end + 1]) if 0 <= start < end else None
            except ValueError:
                return None

    def __repr__(self) -> str:
        said = self.text if len(self.text) <= 60 else f"{self.text[:59].rstrip()}…"
        cost = "" if self.cost is None else f", {self.cost}"
        why = f" ({self.status_reason})" if self.status_reason else ""
        return f"AsideResult({self.status}{why}: {said!r}{cost})"


class Label(str):
    """What `classify` found: one of the labels, or ``"unsure"``; a string that knows more.

    Parameters
    ----------
    label : str
    reason : str
        Why, in the model's words, or why the answer is no label.
    result : AsideResult

    Examples
    --------
    >>> label = Label("billing", reason="an invoice", result=AsideResult(text="billing"))
    >>> label == "billing", label.reason, label.unsure
    (True, 'an invoice', False)
    """

    __slots__ = ("reason", "result")

    reason: str
    result: AsideResult

    def __new__(cls, label: str, *, reason: str = "", result: AsideResult) -> Label:
        self = super().__new__(cls, label)
        self.reason, self.result = reason, result
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (str(self),), {"reason": self.reason, "result": self.result}

    @property
    def unsure(self) -> bool:
        """Whether no label was found."""
        return self == UNSURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """What `moderate` found; true in an ``if`` when something was flagged.

    Where the model gave no verdict, `decided` is False and `flagged` True: what nobody checked is not taken for
    harmless.

    Examples
    --------
    >>> verdict = Moderation(flagged=False, reason="harmless", result=AsideResult())
    >>> "stop" if verdict else "go on"
    'go on'
    """

    flagged: bool
    category: str | None = None
    reason: str = ""
    decided: bool = True
    result: AsideResult

    def __bool__(self) -> bool:
        return self.flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTranscript(Drawable):
    """A turn as the model itself heard it, beside what the session's transcription heard.

    Examples
    --------
    >>> both = ModelTranscript(text="An auto accident.", built_in="An otto accident.", result=AsideResult())
    >>> print(both.disagreement)
    33.3% (1 of 3 words)
    """

    text: str
    """What the model heard; empty where it heard no speech."""
    built_in: str | None = None
    """What the session's transcription heard; None where there is none."""
    built_in_cost: Cost | None = None
    """Of that transcription."""
    item_id: str = ""
    """The item with the audio."""
    result: AsideResult

    @property
    def cost(self) -> Cost | None:
        """What it cost to have the model transcribe."""
        return self.result.cost

    @property
    def disagreement(self) -> WordErrors | None:
        """How far the two are apart, by the model's words; None where there is only one of them."""
        return None if self.built_in is None else word_errors(self.text, self.built_in)

    def __repr__(self) -> str:
        return f"ModelTranscript({self.text!r}, built_in={self.built_in!r}, {self.cost} against {self.built_in_cost})"
