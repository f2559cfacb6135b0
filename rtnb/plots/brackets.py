"""Where latencies go in a picture: as near to the axis as the sound leaves room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rtnb.plots.layout import BIG, SMALL, Box, Frame, text_width
from rtnb.plots.scene import Scene, Voice
from rtnb.session.views.shapes import Latency

__all__ = ["Align", "Bracket", "bracket_caption", "place_brackets"]


LEAST = 6.0
"""A narrower bracket is left out, unless its number is beside it."""

Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Bracket:
    """A latency and where it goes.

    Parameters
    ----------
    latency : Latency
    y : float
        Height of its line, below the axis or above it.
    box : Box or None
        Room of its words; None where there is none.
    number, ends : str
        The words; `ends` is empty where many brackets share a caption.
    align : "left", "center" or "right"
        The side of the box that the words keep to: the one next to the bracket.
    """

    latency: Latency
    y: float
    box: Box | None
    number: str
    ends: str
    align: Align = "center"


def place_brackets(scene: Scene, frame: Frame) -> list[Bracket]:
    """One latency is always written out, with both ends; of several, those whose number fits have it,
    and those that are too narrow to be seen are left out.

    Below the axis, between the end of the user's speech and the answer, there is usually room. If not, the
    bracket goes above the axis, where a user who typed makes no sound, and last under everything.
    """
    sounds = [_box_of(voice, frame) for voice in scene.voices]
    for span in scene.speech:
        end_s = scene.end_s if span.end_s is None else span.end_s
        sounds.append(Box(frame.x(span.start_s), 0, frame.x(end_s), frame.above))
    placed: list[Bracket] = []
    for latency in scene.latencies:
        taken = [*sounds, *(bracket.box for bracket in placed if bracket.box)]
        alone = len(scene.latencies) == 1
        bracket = (_full if alone else _short)(latency, frame, sounds, taken)
        if bracket is not None:
            placed.append(bracket)
    return placed


def bracket_caption(brackets: Sequence[Bracket]) -> str:
    """What brackets reach from and to, where they do not say it themselves."""
    ends = list(dict.fromkeys(f"{b.latency.start} → {b.latency.end}" for b in brackets if not b.ends))
    if not ends:
        return ""
    return f"brackets: {', '.join(ends[:3])}{', …' if len(ends) > 3 else ''}"


def _box_of(voice: Voice, frame: Frame) -> Box:
    low, high = (0.0, frame.above) if voice.who == "user" else (-frame.below, 0.0)
    return Box(frame.x(voice.start_s), low, frame.x(voice.end_s), high)


def _short(latency: Latency, frame: Frame, sounds: Sequence[Box], taken: Sequence[Box]) -> Bracket | None:
    number = f"{latency.seconds:.2f} s"
    width, y = text_width(number, SMALL, bold=True), -13.0
    centred, flush = _starts(latency, frame, width)
    spots: tuple[tuple[float, Align], ...] = ((centred, "center"), (flush, "right"))
    for left, align in spots:
        box = Box(left, y - 17, left + width, y - 4)
        if left >= frame.left - 1 and _free(box, latency, y, frame, sounds, taken):
            return Bracket(latency, y, box, number, "", align)
    wide = (latency.end_s - latency.start_s) * frame.px_per_s >= LEAST
    return Bracket(latency, -8.0, None, number, "") if wide else None


def _full(latency: Latency, frame: Frame, sounds: Sequence[Box], taken: Sequence[Box]) -> Bracket:
    number, ends = f"{latency.seconds:.2f} s", f"{latency.start} → {latency.end}"
    width = max(text_width(number, BIG, bold=True), text_width(ends, SMALL))
    height = 29.0
    centred, flush = _starts(latency, frame, width)
    below, above, under = -13.0, 10.0, -frame.below - 12
    leading = max(frame.x(latency.start_s), frame.left)
    spots: tuple[tuple[float, float, Align], ...] = (
        (centred, below, "center"),
        (flush, below, "right"),
        (leading, above, "left"),
    )
    for left, y, align in spots:
        bottom = y - 4 - height if y < 0 else y + 4
        box = Box(left, bottom, left + width, bottom + height)
        inside = frame.left - 1 <= left and left + width <= frame.right
        if inside and _free(box, latency, y, frame, sounds, taken):
            return Bracket(latency, y, box, number, ends, align)
    return Bracket(latency, under, Box(centred, under - 4 - height, centred + width, under - 4), number, ends)


def _starts(latency: Latency, frame: Frame, width: float) -> tuple[float, float]:
    """Words centred on the bracket, or flush with its end, which leaves what follows free."""
    x0, x1 = frame.x(latency.start_s), frame.x(latency.end_s)
    return min(max((x0 + x1 - width) / 2, frame.left), frame.right - width), x1 - width - 6


def _free(box: Box, latency: Latency, y: float, frame: Frame, sounds: Iterable[Box], taken: Iterable[Box]) -> bool:
    line = Box(frame.x(latency.start_s), min(y, 0.0), frame.x(latency.end_s), max(y, 0.0))
    # The line ends where the answer begins, so the two may touch.
    return not any(box.meets(other) for other in taken) and not any(line.meets(sound, gap=-1) for sound in sounds)
