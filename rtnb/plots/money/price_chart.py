"""The picture of a price history: what audio cost on which day, and from when until when each model lived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from matplotlib.figure import Figure

from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture, shortened
from rtnb.plots.layout import Box, text_width
from rtnb.plots.money.words import price, prices_of
from rtnb.plots.palette import ASSISTANT, ERROR, LINE, MUTED, TEXT, USER, Ink
from rtnb.plots.scales import Scale, date_ticks, log_ticks, spread
from rtnb.pricing import Rates
from rtnb.pricing.prices.table import PriceHistory

__all__ = ["history_figure", "history_picture"]

SIZE, STRONG = 12.0, 13.0
LEFT, RIGHT, MARGIN = 64.0, 136.0, 14.0
FLAT, HIGH, LANE, TITLE = 110.0, 230.0, 28.0, 26.0
MOST_LANES = 14


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    modality: str
    kind: Literal["input", "cached", "output"]
    ink: Ink


_AUDIO = (
    _Series("audio out", "audio", "output", ASSISTANT),
    _Series("audio in", "audio", "input", USER),
    _Series("cached audio", "audio", "cached", MUTED),
)
_TEXT_OUT = _Series("text out", "text", "output", ASSISTANT)
_SESSION = _Series("open session", "session", "input", USER)


@dataclass(frozen=True, slots=True)
class _Level:
    """One price over the days that it held."""

    series: _Series
    model: str
    usd: Decimal
    first: date
    last: date
    alive: bool


def history_figure(history: PriceHistory) -> Figure:
    """What models cost over time, on a logarithmic scale, with the days of the changes.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> history_figure(PriceHistory("Nothing", (), date(2026, 11, 21))).axes[0].texts[0].get_text()
    'no prices to show'
    """
    return history_picture(history).figure


def history_picture(history: PriceHistory) -> Picture:
    """The picture with its description.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> history_picture(PriceHistory("Nothing", (), date(2026, 11, 21))).empty
    True
    """
    rows = [_begun(row, history) for row in history.rows if row.valid_from <= history.until]
    if not rows:
        return note_picture("no prices to show")
    unit = _usual_unit(rows)
    levels = _levels([row for row in rows if row.per_text == unit], history.until)
    if not levels:
        return note_picture("no prices of audio or text output to show")
    lanes = _lanes(rows, history.until)
    more = len(lanes) - MOST_LANES
    lanes = lanes[-MOST_LANES:]
    low, high = float(min(level.usd for level in levels)), float(max(level.usd for level in levels))
    tall = HIGH if high > 4 * low else FLAT
    height = TITLE + tall + 30 + TITLE + len(lanes) * LANE + (18 if more > 0 else 4)
    canvas = Canvas(height)
    first = min(row.valid_from for row in rows)
    days = max((history.until - first).days, 1)
    x = Scale(-days * 0.01, days, LEFT, WIDTH - RIGHT)
    foot = height - TITLE - tall
    y = Scale(low / 1.5, high * 1.5, foot, foot + tall, log=True)
    canvas.text(MARGIN, height - TITLE + 8, f"USD per {unit}", TEXT, size=SIZE, bold=True)
    for usd, label in log_ticks(y.low, y.high):
        canvas.line([(LEFT, y(usd)), (WIDTH - RIGHT, y(usd))], LINE, 1.0, z=0.4)
        canvas.text(LEFT - 8, y(usd), label, MUTED, size=SIZE, align="right")
    for day, label in date_ticks(first, history.until, x.end - x.start, size=SIZE):
        at = x((day - first).days)
        bottom = foot - 30 - TITLE - len(lanes) * LANE + 4
        canvas.line([(at, bottom), (at, foot + tall)], LINE, 1.0, alpha=0.6, z=0.3)
        canvas.text(at, foot - 13, label, MUTED, size=SIZE, align="center")
    _draw_levels(canvas, levels, first, x, y)
    top = foot - 30
    title = "Models: audio in / cached / out, and the days of these prices"
    canvas.text(MARGIN, top - 8, title, TEXT, size=SIZE, bold=True)
    _draw_lanes(canvas, lanes, first, history.until, x, top - TITLE)
    if more > 0:
        canvas.text(MARGIN, 10, f"and {more} earlier", MUTED, size=SIZE)
    return canvas.picture(_alt(history, levels, unit))


def _begun(row: Rates, history: PriceHistory) -> Rates:
    """A row without a first day as one of the first day that any row states, or of a year before the last."""
    if row.valid_from != date.min:
        return row
    known = [other.valid_from for other in history.rows if other.valid_from != date.min]
    return replace(row, valid_from=min(known, default=history.until - timedelta(days=365)))


def _usual_unit(rows: Sequence[Rates]) -> str:
    units = [row.per_text for row in rows]
    return max(dict.fromkeys(units), key=units.count)


def _last(row: Rates, until: date) -> date:
    return until if row.last_day is None else min(row.last_day, until)


def _levels(rows: Sequence[Rates], until: date) -> list[_Level]:
    spoken = any(row.price("audio", "output") is not None for row in rows)
    found: list[_Level] = []
    for row in rows:
        for one in (*_AUDIO, _SESSION, *(() if spoken else (_TEXT_OUT,))):
            usd = row.price(one.modality, one.kind)
            if usd:
                alive = row.last_day is None or row.last_day >= until
                level = _Level(one, row.model, usd, row.valid_from, _last(row, until), alive)
                before = next((other for other in found if _goes_on(other, level)), None)
                if before is not None:
                    found.remove(before)
                    level = replace(level, first=before.first)
                found.append(level)
    return found


def _goes_on(before: _Level, after: _Level) -> bool:
    """Whether a new row of a model leaves this price as it was."""
    same = (before.series, before.model, before.usd) == (after.series, after.model, after.usd)
    return same and (after.first - before.last).days <= 1


def _draw_levels(canvas: Canvas, levels: Sequence[_Level], first: date, x: Scale, y: Scale) -> None:
    """Lines, the price above each that has ended, and at the right what the others are and cost."""

    def at(day: date) -> float:
        return x((day - first).days)

    shown: dict[tuple[str, Decimal], list[_Level]] = {}
    for level in levels:
        shown.setdefault((level.series.name, level.usd), []).append(level)
        places = [(at(level.first), y(float(level.usd))), (at(level.last), y(float(level.usd)))]
        canvas.line(places, level.series.ink, 2.4, z=2.0)
        if not level.alive:
            canvas.dot(*places[1], level.series.ink, radius=3.0, hollow=True)
    for one in {level.series.name: level.series for level in levels}.values():
        mine = sorted((level for level in levels if level.series is one), key=lambda level: level.first)
        for before, after in pairwise(mine):
            # The same model, or a line of models of which one follows the other: the step of the price.
            if before.usd != after.usd and before.model == after.model:
                where = at(after.first)
                canvas.line([(where, y(float(before.usd))), (where, y(float(after.usd)))], one.ink, 1.4, z=1.9)
    lines = [
        Box(
            at(level.first),
            y(float(level.usd)) - 2,
            at(level.last) + (0 if level.alive else 5),
            y(float(level.usd)) + 2,
        )
        for level in levels
    ]
    for (_, usd), same in shown.items():
        if not any(level.alive for level in same):
            level = min(same, key=lambda level: level.first)
            _label_price(canvas, price(usd), level.series.ink, at(level.first), at(level.last), y(float(usd)), lines)
    ends = list(dict.fromkeys((level.series, level.usd) for level in levels if level.alive))
    wanted = [y(float(usd)) for _, usd in ends]
    edge = canvas.width - RIGHT
    for (series, usd), want, place in zip(ends, wanted, spread(wanted, 16.0, y.start, y.end), strict=True):
        canvas.line([(edge, want), (edge + 8, place)], series.ink, 1.0)
        canvas.text(edge + 12, place, f"{series.name} {price(usd)}", series.ink, size=SIZE)


def _label_price(
    canvas: Canvas, words: str, ink: Ink, start: float, end: float, y: float, lines: Sequence[Box]
) -> None:
    """A price above its own line, as near to its beginning as there is room; below it where there is none."""
    wide = text_width(words, STRONG, bold=True)
    last = max(min(end, canvas.width - RIGHT) - wide, start + 3)
    steps = [start + 3 + 6 * k for k in range(int((last - start - 3) / 6) + 1)]

    def met(place: tuple[float, float]) -> int:
        box = Box(place[0] - 1, place[1] - 5.5, place[0] + wide + 1, place[1] + 5.5)
        return sum(box.meets(other, gap=1.0) for other in (*canvas.boxes, *lines))

    places = [(x, y + lift) for lift in (10.0, -10.5) for x in steps]
    best = min(places, key=met)
    if not met(best):
        canvas.clear(canvas.text(*best, words, ink, size=STRONG, bold=True))


def _lanes(rows: Sequence[Rates], until: date) -> list[list[Rates]]:
    """Rows by model, the models in the order in which they came."""
    found: dict[str, list[Rates]] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        found.setdefault(row.model, []).append(row)
    return list(found.values())


def _draw_lanes(
    canvas: Canvas, lanes: Sequence[Sequence[Rates]], first: date, until: date, x: Scale, top: float
) -> None:
    for i, rows in enumerate(lanes):
        y = top - (i + 0.5) * LANE + 4
        for row in rows:
            x0, x1 = x((row.valid_from - first).days), x((_last(row, until) - first).days)
            canvas.bars([Box(x0, y - 9, max(x1, x0 + 2), y - 6)], MUTED, alpha=0.7)
            canvas.line([(x0, y - 11), (x0, y - 4)], MUTED, 1.5)
        row = rows[-1]
        ended = row.shutdown is not None and row.shutdown <= until
        words = shortened(row.model, canvas.width * 0.4, SIZE, bold=True)
        costs = _lane_prices(row)
        dates = f"from {rows[0].valid_from}" + (f" to {row.valid_to}" if row.valid_to is not None else "")
        end = "" if row.shutdown is None else f"{'shut down' if ended else 'ends'} {row.shutdown}"
        parts = [(words, TEXT, True), (costs, TEXT, False), (dates, MUTED, False), (end, ERROR, False)]
        parts = [part for part in parts if part[0]]
        wide = sum(text_width(part, SIZE, bold=bold) + 9 for part, _, bold in parts) - 9
        left = max(min(x((rows[0].valid_from - first).days), canvas.width - MARGIN - wide), MARGIN)
        for part, ink, bold in parts:
            box = canvas.text(left, y + 4.5, part, ink, size=SIZE, bold=bold)
            canvas.clear(box)
            left = box.x1 + 9
        if ended and row.shutdown is not None:
            at = x((row.shutdown - first).days)
            for slope in (-1, 1):
                canvas.line([(at - 3.5, y - 7.5 - 3.5 * slope), (at + 3.5, y - 7.5 + 3.5 * slope)], ERROR, 1.8, z=3.0)


def _lane_prices(row: Rates) -> str:
    """The prices that the picture is of, so that a lane can be found among the lines."""
    audio = next((found for found in row.prices if found.modality in ("audio", "session")), None)
    if audio is None:
        return ""
    if audio.cached is None and audio.output is None:
        return f"{price(audio.input)} a {row.per_text}" if row.unit != "usd_per_1m_tokens" else ""
    return prices_of(audio)


def _alt(history: PriceHistory, levels: Sequence[_Level], unit: str) -> str:
    told = dict.fromkeys(
        f"{level.model} {level.series.name} {price(level.usd)} from {level.first}"
        + ("" if level.alive else f" to {level.last}")
        for level in levels
    )
    shown = list(told)[:12]
    more = f"; and {len(told) - 12} more" if len(told) > 12 else ""
    return f"{history.title}, USD per {unit} until {history.until}: {'; '.join(shown)}{more}."
