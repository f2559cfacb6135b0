"""What changed between two states of a view, as small as it can be told: rows, fields, and tails that were appended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

__all__ = ["GROWING", "Told", "altered", "members_changed", "utf16"]

Row = Mapping[str, Any]

GROWING: Final = frozenset({"text", "arguments", "output"})
"""Fields that mostly grow at their end."""


def utf16(text: str) -> int:
    """The length that JavaScript counts.

    Examples
    --------
    >>> utf16("abc"), utf16("é"), utf16("🙂")
    (3, 1, 2)
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def altered(before: Row, after: Row) -> dict[str, Any]:
    """What a row has else: ``set`` has whole fields, ``tail`` what was appended; empty where nothing changed.

    Examples
    --------
    >>> altered({"id": "a", "text": "Hel", "streaming": True}, {"id": "a", "text": "Hello", "streaming": False})
    {'set': {'streaming': False}, 'tail': {'text': {'at': 3, 'text': 'lo'}}}
    >>> altered({"id": "a", "text": "Hel"}, {"id": "a", "text": "Hel"})
    {}
    """
    whole: dict[str, Any] = {}
    tails: dict[str, Any] = {}
    for name, value in after.items():
        known = before.get(name)
        if value == known and name in before:
            continue
        if name in GROWING and isinstance(known, str) and isinstance(value, str) and known and value.startswith(known):
            tails[name] = {"at": utf16(known), "text": value[len(known) :]}
        else:
            whole[name] = value
    return {**({"set": whole} if whole else {}), **({"tail": tails} if tails else {})}


def members_changed(
    before: Mapping[str, Any], after: Mapping[str, Any], *, passing: Iterable[str] = ()
) -> dict[str, Any]:
    """Members that are not what they were; those in `passing` come along but are no reason by themselves.

    Examples
    --------
    >>> members_changed({"a": 1, "now": 3}, {"a": 2, "now": 4}, passing=["now"])
    {'a': 2, 'now': 4}
    >>> members_changed({"a": 1, "now": 3}, {"a": 1, "now": 4}, passing=["now"])
    {}
    """
    passing = frozenset(passing)
    found = {name: value for name, value in after.items() if name not in before or before[name] != value}
    return found if any(name not in passing for name in found) else {}


class Told:
    """What the pages of one view were told, and the next patch.

    Examples
    --------
    >>> told = Told()
    >>> told.rows(["a"], {"a": {"id": "a", "text": "Hi"}})
    {'add': [{'after': '', 'row': {'id': 'a', 'text': 'Hi'}}]}
    >>> told.rows(["a", "b"], {"a": {"id": "a", "text": "Hi!"}, "b": {"id": "b", "text": ""}})
    {'add': [{'after': 'a', 'row': {'id': 'b', 'text': ''}}], 'change': [{'id': 'a', 'tail': {'text': {'at': 2, \
'text': '!'}}}]}
    >>> told.rows(["b"], {})
    {'gone': ['a']}
    """

    def __init__(self) -> None:
        self.seq = 0
        """Of the last patch."""
        self.order: list[str] = []
        self.known: dict[str, Row] = {}
        self.parts: dict[str, Mapping[str, Any]] = {}
        """Status, settings and microphone, as they were told."""

    def rows(self, order: Sequence[str], changed: Mapping[str, Row]) -> dict[str, Any]:
        """The part of a patch that is about rows.

        Parameters
        ----------
        order : sequence of str
            Ids of all rows that there are now.
        changed : mapping
            Rows by their id, of those that may have changed.
        """
        patch: dict[str, Any] = {}
        if list(order) != self.order:
            there = set(order)
            if gone := [row_id for row_id in self.order if row_id not in there]:
                patch["gone"] = gone
                for row_id in gone:
                    del self.known[row_id]
            before, added = "", []
            for row_id in order:
                if row_id not in self.known:
                    row = changed[row_id]
                    added.append({"after": before, "row": dict(row)})
                    self.known[row_id] = row
                before = row_id
            if added:
                patch["add"] = added
            self.order = list(order)
        fresh = {each["row"]["id"] for each in patch.get("add", ())}
        changes = []
        for row_id, row in changed.items():
            if row_id in fresh or row_id not in self.known:
                continue
            if difference := altered(self.known[row_id], row):
                changes.append({"id": row_id, **difference})
                self.known[row_id] = row
        if changes:
            patch["change"] = changes
        return patch

    def part(
        self, name: str, value: Mapping[str, Any], *, passing: Iterable[str] = (), whole: bool = False
    ) -> dict[str, Any]:
        """The part of a patch that is about something else, by its name."""
        found = members_changed(self.parts.get(name, {}), value, passing=passing)
        if not found:
            return {}
        self.parts[name] = dict(value)
        return {name: dict(value) if whole else found}
