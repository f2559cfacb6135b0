"""Labels that are drawn, moved and deleted, with what they were before."""

from __future__ import annotations

import math
from typing import Any, Final

from rtnb.errors import LabelsError
from rtnb.vad.labels.segments import Labels, Segment

__all__ = ["Editing"]

LEAST_S: Final = 0.01
"""The shortest label: of less, nothing could be seen or taken hold of. Own choice."""

SPEAKER_CHARS: Final = 80
"""The longest name of a speaker. Own choice."""

STEPS: Final = 500
"""How many changes can be undone."""


class Editing:
    """The labels of a clip while they are edited.

    Examples
    --------
    >>> from rtnb.vad import Labels
    >>> editing = Editing(Labels(()), 10.0)
    >>> editing.add(1.0, 2.5), editing.move(0, 1.2, 2.5), editing.undo()
    (0, 0, True)
    >>> editing.labels.segments
    (Segment(start_s=1.0, end_s=2.5, speaker=''),)
    """

    def __init__(self, labels: Labels, duration_s: float) -> None:
        self._duration_s = duration_s
        self._labels = labels.within(duration_s)
        self._before: list[Labels] = []
        self._after: list[Labels] = []

    @property
    def labels(self) -> Labels:
        """As they are now."""
        return self._labels

    @property
    def can_undo(self) -> bool:
        """Whether something was changed."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self._after)

    def replace(self, labels: Labels) -> None:
        """Other labels altogether."""
        self._become(labels.within(self._duration_s))

    def add(self, start_s: Any, end_s: Any, speaker: str = "") -> int:
        """A new label; gives its place in the order of starts."""
        return self._become_with(self._labels, self._segment(start_s, end_s, speaker))

    def move(self, index: Any, start_s: Any, end_s: Any) -> int:
        """Another place for a label; gives its place in the order."""
        at = self._known(index)
        made = self._segment(start_s, end_s, self._labels.segments[at].speaker)
        if made == self._labels.segments[at]:
            return at
        return self._become_with(self._labels.remove(at), made)

    def name(self, index: Any, speaker: Any) -> int:
        """Say who speaks in a label; gives its place in the order."""
        at = self._known(index)
        if not isinstance(speaker, str) or len(speaker) > SPEAKER_CHARS:
            raise LabelsError(f"A speaker is a name of at most {SPEAKER_CHARS} characters, not {speaker!r:.80}.")
        told = self._labels.segments[at]
        made = Segment(told.start_s, told.end_s, speaker.strip())
        return at if made == told else self._become_with(self._labels.remove(at), made)

    def remove(self, index: Any) -> None:
        """Take a label away."""
        self._become(self._labels.remove(self._known(index)))

    def undo(self) -> bool:
        """Take the last change back; False where there is none."""
        return self._go(self._before, self._after)

    def redo(self) -> bool:
        """Do again what was undone last."""
        return self._go(self._after, self._before)

    def _go(self, source: list[Labels], other: list[Labels]) -> bool:
        if not source:
            return False
        other.append(self._labels)
        self._labels = source.pop()
        return True

    def _become(self, labels: Labels) -> None:
        self._before.append(self._labels)
        del self._before[:-STEPS]
        self._after.clear()
        self._labels = labels

    def _become_with(self, others: Labels, made: Segment) -> int:
        self._become(others.add(made.start_s, made.end_s, made.speaker))
        return self._labels.segments.index(made)

    def _known(self, index: Any) -> int:
        count = len(self._labels.segments)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < count:
            raise LabelsError(f"There is no label {index!r:.40}: there are {count}, counted from 0.")
        return index

    def _segment(self, start_s: Any, end_s: Any, speaker: str) -> Segment:
        try:
            start, end = float(start_s), float(end_s)
        except (TypeError, ValueError):
            raise LabelsError(f"A label is from one second to another, not {start_s!r:.40} to {end_s!r:.40}.") from None
        if not (math.isfinite(start) and math.isfinite(end)) or end < start:
            raise LabelsError(f"A label begins before it ends, not at {start:g} and {end:g} s.")
        start, end = max(0.0, start), min(end, self._duration_s)
        if end - start < LEAST_S:
            raise LabelsError(
                f"A label within the clip lasts at least {1000 * LEAST_S:g} ms, not from {float(start_s):g} to "
                f"{float(end_s):g} s."
            )
        return Segment(round(start, 4), round(end, 4), speaker)
