"""How responses end: one table for everything that draws them, so that no two pictures disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["FAILED_SIGN", "STATUSES", "Status", "status_of"]

FAILED_SIGN: Final = "✕"
"""In front of what went wrong, so that it is told without colours."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a response ended, or that it goes on.

    Parameters
    ----------
    name : str
        As the server says it.
    label : str
        In words.
    sign : str
        What tells it from the others without colours; empty for those that go well.
    tone : {"asst", "mark", "err"}
        The assistant's colour, the one for what is to be looked at, and the one for errors.
    """

    name: str
    label: str
    sign: str = ""
    tone: Literal["asst", "mark", "err"] = "asst"

    @property
    def words(self) -> str:
        """The sign and the label."""
        return f"{self.sign} {self.label}" if self.sign else self.label


STATUSES: Final[Mapping[str, Status]] = {
    each.name: each
    for each in (
        Status("in_progress", "in progress …"),
        Status("completed", "completed"),
        Status("cancelled", "cancelled", "■", "mark"),
        Status("incomplete", "incomplete", "◐", "mark"),
        Status("failed", "failed", FAILED_SIGN, "err"),
    )
}
"""All that servers say. An interruption is no error, so only what failed has the colour of errors."""


def status_of(name: str) -> Status:
    """The entry of a status; one of its own for a name that nobody knows.

    Examples
    --------
    >>> status_of("incomplete").words, status_of("brand_new").words
    ('◐ incomplete', 'brand new')
    """
    return STATUSES.get(name) or Status(name, name.replace("_", " "))
