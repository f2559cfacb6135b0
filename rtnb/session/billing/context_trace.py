"""The conversation's items in their order, and what happened to those that the model had been given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb.pricing.bills.ledger import Edit
from rtnb.tokens import ModalityCount

__all__ = ["ContextTrace", "Entered"]


@dataclass(frozen=True, slots=True)
class Entered:
    """What changed in the context between one response and the next.

    Parameters
    ----------
    items : tuple of str
        Ids of the items that entered, outputs of responses apart.
    edits : tuple of Edit
        What was changed in what the model had been given before, each once, in order.
    removed : ModalityCount
        Estimated tokens that those edits took away.
    cut_ms : mapping
        Of those items that are truncated, where.
    """

    items: tuple[str, ...]
    edits: tuple[Edit, ...]
    removed: ModalityCount
    cut_ms: Mapping[str, int] = field(default_factory=dict, repr=False)


class ContextTrace:
    """Follows the order of items and tells what entered and what was edited since the response before.

    Parameters
    ----------
    count : callable
        Tokens of the item of an id, cut to so many milliseconds of audio where that is not None.
    outputs : set of str
        Ids of the items that responses made.

    Notes
    -----
    Only what the model was *given* can be in the prompt cache. An answer that is deleted or truncated before it
    was ever given back is no edit: it merely stays shorter.

    Examples
    --------
    >>> trace = ContextTrace(lambda item_id, cut_ms: ModalityCount(text=10), {"answer"})
    >>> for item_id in ("question", "answer", "another"):
    ...     trace.add(item_id, None)
    >>> trace.next().items
    ('question', 'another')
    >>> trace.add("first", "root")
    >>> trace.delete("question")
    >>> trace.next()
    Entered(items=('first',), edits=('item inserted', 'item deleted'), removed=ModalityCount(text=10, audio=0, image=0))
    """

    def __init__(self, count: Callable[[str, int | None], ModalityCount], outputs: set[str]) -> None:
        self.deleted: set[str] = set()
        self.cut_ms: dict[str, int] = {}
        """Item id to where its audio was truncated."""
        self._count = count
        self._outputs = outputs
        self._order: list[str] = []
        self._known: set[str] = set()
        self._given: set[str] = set()
        self._fresh: dict[str, None] = {}
        self._edits: dict[Edit, None] = {}
        self._taken: list[tuple[str, int | None, int | None]] = []
        """Items that lost something: where each was cut before, and is cut after; None after is deleted."""

    def add(self, item_id: str, previous_id: str | None) -> None:
        """An item joins behind `previous_id`; None is the end, ``"root"`` the beginning. Twice is once."""
        if item_id in self._known:
            return
        place = self._place(previous_id)
        self._order.insert(place, item_id)
        self._known.add(item_id)
        self.deleted.discard(item_id)
        self._fresh[item_id] = None
        if any(later in self._given for later in self._order[place + 1 :]):
            self._edits["item inserted"] = None

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._known

    def delete(self, item_id: str) -> None:
        """An item leaves."""
        if item_id not in self._known:
            return
        self._known.discard(item_id)
        self._order.remove(item_id)
        self.deleted.add(item_id)
        self._fresh.pop(item_id, None)
        if item_id in self._given:
            self._given.discard(item_id)
            self._edits["item deleted"] = None
            self._taken.append((item_id, self.cut_ms.get(item_id), None))

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """An item's audio ends here; the transcript of it goes."""
        if item_id in self._given and self.cut_ms.get(item_id) != audio_end_ms:
            self._edits["item truncated"] = None
            self._taken.append((item_id, self.cut_ms.get(item_id), audio_end_ms))
        self.cut_ms[item_id] = audio_end_ms

    def next(self) -> Entered:
        """What changed since this was last asked; everything there now counts as given."""
        entered = self.peek()
        self._given.update(self._fresh)
        self._fresh.clear()
        self._edits.clear()
        self._taken.clear()
        return entered

    def peek(self) -> Entered:
        """As :meth:`next`, without giving anything."""
        items = tuple(item_id for item_id in self._fresh if item_id not in self._outputs)
        cut_ms = {item_id: self.cut_ms[item_id] for item_id in items if item_id in self.cut_ms}
        return Entered(items, tuple(self._edits), self._removed(), cut_ms)

    def _removed(self) -> ModalityCount:
        # Counted when somebody asks: only then the items are as complete as they will be.
        removed = ModalityCount()
        for item_id, before_ms, after_ms in self._taken:
            before = self._count(item_id, before_ms)
            removed += before if after_ms is None else before.less(self._count(item_id, after_ms))
        return removed

    def _place(self, previous_id: str | None) -> int:
        if previous_id == "root":
            return 0
        if previous_id is None or not self._order or previous_id == self._order[-1] or previous_id not in self._known:
            return len(self._order)
        return self._order.index(previous_id) + 1


def without_transcript(wire: Mapping[str, Any]) -> dict[str, Any]:
    """An item as it stands in the conversation after it was truncated."""
    content = wire.get("content")
    if not isinstance(content, list):
        return dict(wire)
    parts = [
        {k: v for k, v in part.items() if k != "transcript"} if isinstance(part, Mapping) else part for part in content
    ]
    return {**wire, "content": parts}
