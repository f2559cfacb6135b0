"""Mistakes, one by one: where they are, and of what kind."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb._display import Drawable
from rtnb.vad.corpus import Item
from rtnb.vad.setting import Setting

__all__ = ["Mistake", "Mistakes"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of one setting in one recording.

    Attributes
    ----------
    kind : str
        One of :data:`rtnb.vad.scores.definitions.KINDS`.
    recording : str
        The item's name.
    start_s, end_s : float
        The stretch it concerns: the detected turn of a false start, the labelled turn of a missed one, what is missing
        of a clipped onset, from the stop to the end of speech of a cut-off, the pause of a merge, from the end of speech
        to the stop of a late end.
    detail : str
        In words, with numbers and units: "420 ms of the beginning are missing".
    turn : int or None
        The labelled turn, counted from 0 within its recording; None for false starts.
    """

    kind: str
    recording: str
    start_s: float
    end_s: float
    detail: str
    turn: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes(Drawable):
    """The mistakes of a setting, to be looked at and listened to.

    Attributes
    ----------
    setting : Setting
    mistakes : tuple of Mistake
        By recording, then by time.
    items : tuple of Item
        The recordings that they are in.
    """

    setting: Setting
    mistakes: tuple[Mistake, ...]
    items: tuple[Item, ...]
    # B adds per-item tracks/turns that pictures need: see below.
