"""The order of the items in a conversation, which is not the order in which the server tells of them."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["ROOT", "ItemOrder"]

ROOT = "root"


class ItemOrder:
    """Item ids in the order of the conversation, by the item before each.

    Examples
    --------
    >>> order = ItemOrder()
    >>> for item_id, previous in (("a", None), ("c", "a"), ("b", "a"), ("first", "root")):
    ...     order.add(item_id, previous)
    >>> list(order)
    ['first', 'a', 'b', 'c']
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._known: set[str] = set()

    def add(self, item_id: str, previous_id: str | None) -> None:
        """An item joins behind `previous_id`; None is the end, ``"root"`` the beginning. Twice is once."""
        if item_id in self._known:
            return
        if previous_id == ROOT:
            self._ids.insert(0, item_id)
        elif previous_id is None or previous_id not in self._known or self._ids[-1:] == [previous_id]:
            self._ids.append(item_id)
        else:
            self._ids.insert(self._ids.index(previous_id) + 1, item_id)
        self._known.add(item_id)

    def remove(self, item_id: str) -> None:
        """An item leaves; one that is not there may."""
        if item_id in self._known:
            self._known.discard(item_id)
            self._ids.remove(item_id)

    def clear(self) -> None:
        """A new connection begins with an empty conversation."""
        self._ids.clear()
        self._known.clear()

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids[:])

    def __len__(self) -> int:
        return len(self._ids)
