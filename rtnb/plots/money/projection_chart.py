"""The picture of a projection: the bill as it grows, with its bounds, and the context that makes it grow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from matplotlib.figure import Figure

from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import text_width, ticks
from rtnb.plots.money.words import percent
from rtnb.plots.palette import ASSISTANT, LINE, MUTED, STORED, TEXT, VAD_MARK, Ink
from rtnb.plots.scales import Scale, count_ticks, spread, usd_ticks
from rtnb.pricing import at, format_usd
from rtnb.pricing.ahead.calibration import Calibration
from rtnb.pricing.ahead.projection import CurvePoint, Projection

__all__ = ["calibration_figure", "calibration_picture", "projection_figure", "projection_picture"]

SIZE, STRONG = 12.0, 14.0
LEFT, RIGHT, MARGIN, TITLE = 76.0, 156.0, 14.0, 24.0
HIGH, CONTEXT_HIGH, CLOCK = 190.0, 62.0, 26.0
FADE, FADES = 0.5, 16
"""The upper part of the picture over which a band that leaves it fades, in so many steps."""


def projection_figure(projection: Projection) -> Figure:
    """The bill minute by minute, between a perfect cache and none, above the tokens of the context.

    Where there is no price, the figure says so.

    Examples
    --------
    >>> from rtnb.pricing import project
    >>> figure = projection_figure(project(10, "gpt-realtime", on="2026-01-31"))
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_text().startswith("no cache")]
    ['no cache $3.35 ↑']
    """
    return projection_picture(projection).figure


def calibration_figure(calibration: Calibration) -> Figure:
    """The projected bill against the one that was recorded.

    Examples
    --------
    >>> from rtnb.pricing import project
    >>> projected = project(1, "gpt-realtime", on="2026-01-31")
    >>> same = Calibration(projected.assumptions, projected, projected.cost, ((1.0, projected.total_usd),), 1.0, 1)
    >>> {"projected", "recorded"} <= {text.get_text() for text in calibration_figure(same).axes[0].texts}
    True
    """
    return calibration_picture(calibration).figure


def projection_picture(projection: Projection) -> Picture:
    """The picture of a projection with its description."""
    if not projection.curve or not any(point.usd for point in projection.curve):
        return note_picture("no curve: the conversation has no price")
    alt = (
        f"Projected cost of {projection.minutes:g} minutes on {projection.model}: {format_usd(projection.total_usd)}, "
        f"{format_usd(projection.curve[-1].low_usd)} with a perfect cache and "
        f"{format_usd(projection.curve[-1].high_usd)} without one; context up to "
        f"{max(point.context_tokens for point in projection.curve):,} tokens."
    )
    return _draw(projection, (), alt)


def calibration_picture(calibration: Calibration) -> Picture:
    """The picture of a calibration with its description."""
    projected, actual = calibration.projected, calibration.actual_curve
    if not projected.curve or not any(point.usd for point in projected.curve):
        return note_picture("no curve: the recording has no price")
    last = actual[-1][1] if actual else 0.0
    alt = (
        f"Projected {format_usd(projected.total_usd)} against {format_usd(last)} recorded, over "
        f"{projected.minutes:.1f} minutes on {projected.model}."
    )
    return _draw(projected, actual, alt)


def _draw(projection: Projection, actual: Sequence[tuple[float, float]], alt: str) -> Picture:
    curve = projection.curve
    minutes = max(projection.minutes, curve[-1].minutes, *(minute for minute, _ in actual), 1e-6)
    most = max(
        curve[-1].usd, *(usd for _, usd in actual), *(point.high_usd for point in curve if _bands_fit(curve)), 1e-9
    )
    context = max(point.context_tokens for point in curve)
    height = TITLE + HIGH + (TITLE + CONTEXT_HIGH + 10 if context else 0) + CLOCK + 6
    canvas = Canvas(height)
    x = Scale(0.0, minutes, LEFT, WIDTH - max(RIGHT, _tail(projection, actual)))
    foot = height - TITLE - HIGH
    y = Scale(0.0, most * 1.06, foot, foot + HIGH - 6)
    canvas.text(MARGIN, height - TITLE + 9, "Cost so far", TEXT, size=SIZE, bold=True)
    _ruled(canvas, x, y, usd_ticks(most))
    _band(canvas, curve, x, y)
    _curves(canvas, projection, actual, x, y)
    floor = foot
    if context:
        floor = foot - TITLE - CONTEXT_HIGH - 10
        title = "Tokens in the context of each response"
        beside = canvas.text(MARGIN, foot - TITLE + 6, title, TEXT, size=SIZE, bold=True).x1 + 14
        _context(canvas, projection, x, floor, floor + CONTEXT_HIGH, beside)
    for at_s, words in ticks(0.0, minutes * 60, x.end - x.start, size=SIZE):
        canvas.text(x(at_s / 60), floor - 14, words, MUTED, size=SIZE, align="center")
    return canvas.picture(alt)


def _tail(projection: Projection, actual: Sequence[tuple[float, float]]) -> float:
    """How much room the amounts and words behind the curves take."""
    curve = projection.curve
    word = text_width(_word(projection, actual), SIZE) + 6 if actual or projection.cost.unpriced else 0.0
    amounts = [curve[-1].usd, *(usd for _, usd in actual[-1:])]
    ends = [text_width(format_usd(usd), STRONG, bold=True) + word for usd in amounts]
    bounds = [text_width(f"no cache {format_usd(curve[-1].high_usd)} ↑", SIZE)]
    return 14 + max(*ends, *bounds) + 8


def _ruled(canvas: Canvas, x: Scale, y: Scale, marks: Sequence[tuple[float, str]]) -> None:
    for value, label in marks:
        canvas.line([(LEFT, y(value)), (x.end, y(value))], LINE, 1.0, z=0.4)
        canvas.text(LEFT - 8, y(value), label, MUTED, size=SIZE, align="right")


def _bands_fit(curve: Sequence[CurvePoint]) -> bool:
    """Whether the bill without a cache is near enough not to flatten the one that is looked for."""
    return curve[-1].high_usd <= 4 * curve[-1].usd


def _band(canvas: Canvas, curve: Sequence[CurvePoint], x: Scale, y: Scale) -> None:
    """Between a perfect cache and none; where it leaves the picture, it fades toward the upper edge."""
    places = [(0.0, 0.0, 0.0), *((point.minutes, point.low_usd, point.high_usd) for point in curve)]
    lower = [(x(minutes), y(min(low, y.high))) for minutes, low, _ in places]
    beyond = any(high > y.high for *_, high in places)
    # Slices, each below its top, so that the paint is thinner the higher it is.
    tops = [y.high * (1 - FADE * k / FADES) for k in range(FADES)] if beyond else [y.high]
    for top in tops:
        upper = [(x(minutes), y(high)) for minutes, high in _below(places, top)]
        foot = [(x(minutes), y(min(low, top))) for minutes, low, _ in places]
        canvas.area([*foot, *reversed(upper)], MUTED, alpha=0.2 / len(tops), z=0.8)
    edge = [(x(minutes), y(high)) for minutes, high in _below(places, y.high, cut=True)]
    canvas.line(edge, MUTED, 1.0, z=0.9)
    canvas.line(lower, MUTED, 1.0, z=0.9)
    if beyond:
        (before, after) = edge[-2:]
        _arrow(canvas, before, after)


def _below(places: Sequence[tuple[float, float, float]], top: float, *, cut: bool = False) -> list[tuple[float, float]]:
    """The upper edge of the band as far as it is below `top`, and `top` from there on unless it is `cut`."""
    found = [(0.0, 0.0)]
    for (before, _, from_usd), (after, _, to_usd) in pairwise(places):
        if to_usd > top:
            share = (top - from_usd) / (to_usd - from_usd)
            found.append((before + share * (after - before), top))
            return found if cut else [*found, (places[-1][0], top)]
        found.append((after, to_usd))
    return found


def _arrow(canvas: Canvas, before: tuple[float, float], tip: tuple[float, float]) -> None:
    """The head of an arrow at the end of a line: it goes on."""
    along = (tip[0] - before[0], tip[1] - before[1])
    size = hypot(*along) or 1.0
    dx, dy = along[0] / size, along[1] / size
    back = tip[0] - 9 * dx, tip[1] - 9 * dy
    canvas.area([tip, (back[0] - 4 * dy, back[1] + 4 * dx), (back[0] + 4 * dy, back[1] - 4 * dx)], MUTED, z=1.0)


def _curves(canvas: Canvas, projection: Projection, actual: Sequence[tuple[float, float]], x: Scale, y: Scale) -> None:
    """The curves, and at their ends what each is: labels keep a distance and follow the ends."""
    curve, last = projection.curve, projection.curve[-1]
    places = [(x(0.0), y(0.0)), *((x(point.minutes), y(point.usd)) for point in curve)]
    canvas.line(places, VAD_MARK if actual else TEXT, 2.2, dashed=bool(actual), z=3.0)
    ends: list[tuple[float, float, str, str, Ink]] = [
        (last.minutes, last.usd, format_usd(last.usd), _word(projection, actual), VAD_MARK if actual else TEXT)
    ]
    if actual:
        steps = [(x(0.0), y(0.0))]
        for minute, usd in actual:
            steps += [(x(minute), steps[-1][1]), (x(minute), y(usd))]
        canvas.line(steps, TEXT, 2.2, z=3.1)
        ends.append((actual[-1][0], actual[-1][1], format_usd(actual[-1][1]), "recorded", TEXT))
    if last.high_usd > last.low_usd:
        beyond = " ↑" if last.high_usd > y.high else ""
        words = f"no cache {format_usd(last.high_usd)}{beyond}"
        ends.append((last.minutes, min(last.high_usd, y.high), "", words, MUTED))
        # A projection with a perfect cache is its own bound.
        if format_usd(last.low_usd) != format_usd(last.usd):
            ends.append((last.minutes, last.low_usd, "", f"all cached {format_usd(last.low_usd)}", MUTED))
    wanted = [y(usd) for _, usd, _, _, _ in ends]
    found = spread(wanted, 18.0, y.start, y.end + 4)
    for (minute, _, amount, words, ink), want, place in zip(ends, wanted, found, strict=True):
        left = x.end + 14
        canvas.line([(x(minute), want), (x.end + 2, want), (left - 3, place)], ink, 1.0, alpha=0.5, z=0.6)
        if amount:
            canvas.dot(x(minute), want, ink, radius=3.5)
            left = canvas.text(left, place, amount, ink, size=STRONG, bold=True).x1 + 6
        canvas.text(left, place, words, ink, size=SIZE)


def _word(projection: Projection, actual: Sequence[tuple[float, float]]) -> str:
    """What stands behind the amount of a projection."""
    unpriced = ["+ unpriced"] if projection.cost.unpriced else []
    return " ".join([*unpriced, *(["projected"] if actual else [])])


def _context(canvas: Canvas, projection: Projection, x: Scale, low: float, high: float, beside: float) -> None:
    curve = projection.curve
    most = max(point.context_tokens for point in curve)
    limit = _limit(projection)
    shown = limit is not None and most >= 0.6 * limit
    y = Scale(0.0, max(most, limit if shown and limit else 0) * 1.05, low, high)
    _ruled(canvas, x, y, count_ticks(most, most=2))
    places = [(x(0.0), y(0.0))]
    for point in curve:
        places += [(x(point.minutes), places[-1][1]), (x(point.minutes), y(point.context_tokens))]
    canvas.area([*places, (places[-1][0], low)], STORED)
    right = x.end
    if shown and limit is not None:
        canvas.line([(LEFT, y(limit)), (right, y(limit))], ASSISTANT, 1.2, dashed=True)
        canvas.text(right + 14, y(limit), f"limit {limit:,}", ASSISTANT, size=SIZE)
    summarised = projection.assumptions.summarise is not None
    cut = None if summarised else next((point for point in curve if point.dropped_tokens), None)
    cut = cut or next((after for before, after in pairwise(curve) if _shorter(before, after)), None)
    if cut is not None:
        words = f"{'summarised' if summarised else 'truncated'} from {cut.minutes:.1f} min"
        wide = text_width(words, SIZE)
        canvas.line([(x(cut.minutes), low), (x(cut.minutes), high + 8)], VAD_MARK, 1.2, dashed=True)
        left = max(min(x(cut.minutes) + 5, right - wide), beside)
        canvas.text(left, high + 13, words, VAD_MARK, size=SIZE, halo=True)
    elif not shown and limit is not None:
        canvas.text(right + 14, y(most), f"{percent(most / limit)} of {limit:,}", MUTED, size=SIZE)


def _shorter(before: CurvePoint, after: CurvePoint) -> bool:
    return after.context_tokens < before.context_tokens


def _limit(projection: Projection) -> int | None:
    """The tokens that the context may have, where the price table or the assumptions say so."""
    given = projection.assumptions
    settings = given.instruction_tokens + given.tool_tokens
    capped = None if given.truncation.post_instructions is None else given.truncation.post_instructions + settings
    rates = at(projection.model, projection.on)
    window = None
    if rates is not None:
        window = rates.max_input_tokens
        if window is None and rates.context_tokens and rates.max_output_tokens:
            window = rates.context_tokens - rates.max_output_tokens
    return min((limit for limit in (capped, window) if limit), default=None)
