"""The picture of a meter: what a session had cost at every moment, and what each response was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from matplotlib.figure import Figure

from rtnb.plots.bars import Bar, bars_height, draw_bars
from rtnb.plots.canvas import WIDTH, Canvas, Picture, drawable, note_picture
from rtnb.plots.layout import Box, Label, rows_of_labels, text_width, ticks
from rtnb.plots.money.words import percent
from rtnb.plots.palette import ERROR, LINE, MUTED, STORED, TEXT
from rtnb.plots.part_key import draw_key, key_rows, stacked
from rtnb.plots.parts import Part, parts_of
from rtnb.plots.scales import Scale, spread, usd_ticks
from rtnb.plots.words import counted, duration
from rtnb.pricing import Cost, format_usd
from rtnb.pricing.bills.meter import Entry, Meter

__all__ = ["Above", "meter_figure", "meter_picture"]

SIZE, STRONG = 12.0, 14.0
LEFT, RIGHT, MARGIN = 76.0, 96.0, 14.0
TITLE, LABEL_ROW, KEY_ROW = 22.0, 16.0, 19.0
TOTAL_HIGH, BARS_HIGH, SHARE_HIGH = 130.0, 110.0, 34.0
MOST_BARS = 12
WIDEST = 16.0
"""The widest bar of a response."""


def meter_figure(meter: Meter) -> Figure:
    """What a session cost over its time, response by response; of several sessions, what each cost.

    Examples
    --------
    >>> meter_figure(Meter((), ())).axes[0].texts[0].get_text()
    'no responses yet'
    """
    return meter_picture(meter).figure


class Above(Protocol):
    """Something that stands above the picture of a meter."""

    @property
    def height(self) -> float:
        """Pixels that it takes."""
        ...

    @property
    def alt(self) -> str:
        """The same in a sentence."""
        ...

    def draw(self, canvas: Canvas, top: float) -> None:
        """Draw it downward from `top`."""
        ...


def meter_picture(meter: Meter, *, above: Above | None = None) -> Picture:
    """The picture with its description, and something above it.

    Examples
    --------
    >>> meter_picture(Meter((), ())).empty
    True
    """
    if not meter.entries:
        return note_picture("no responses yet")
    if not meter.cost.exact_usd:
        return note_picture("nothing here has a price" if meter.cost.lines else "no response says what it used")
    names = list(dict.fromkeys(entry.session for entry in meter.entries))
    if len(names) > 1:
        return _many(meter, names)
    return _one(meter, above)


def _by_session(meter: Meter, names: Sequence[str]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {name: [] for name in names}
    for entry in meter.entries:
        found[entry.session].append(entry)
    return found


def _clock(entries: Sequence[Entry]) -> float:
    return max(1.0, *(entry.exchange.at_s for entry in entries))


def _one(meter: Meter, above: Above | None) -> Picture:
    entries = meter.entries
    head = 0.0 if above is None else above.height
    x = Scale(0.0, _clock(entries) * 1.005, LEFT, WIDTH - RIGHT)
    totals = parts_of(meter.cost, unheard=sum((entry.unheard for entry in entries), Cost()))
    rows = len(key_rows(totals, WIDTH - 2 * MARGIN, size=SIZE))
    marks = rows_of_labels(_miss_marks(entries, x), left=LEFT, right=WIDTH - 4, size=SIZE)
    label_rows = max((label.row + 1 for label in marks), default=0)
    shares = [entry.cached_share for entry in entries]
    with_shares = any(share is not None for share in shares)
    height = (
        head + 2 * TITLE + TOTAL_HIGH + label_rows * LABEL_ROW + 10 + BARS_HIGH + 24 + rows * KEY_ROW + 16
        + (2 * TITLE + SHARE_HIGH if with_shares else 0)
    )  # fmt: skip
    canvas = Canvas(height)
    if above is not None:
        above.draw(canvas, height)
    y = height - head - TITLE
    _title(canvas, y, "Cost so far")
    spent = [(entry.exchange.at_s, entry.cumulative_usd) for entry in entries]
    _steps(canvas, spent, x, y - TOTAL_HIGH, y - 8, unpriced=bool(meter.cost.unpriced))
    y -= TOTAL_HIGH + TITLE + 4
    _title(canvas, y, "Each response, and why input was charged in full" if marks else "Each response")
    if asked := _asked(entries):
        canvas.text(WIDTH - 4, y + 6, asked, ERROR, size=SIZE, align="right")
    _label_misses(canvas, entries, marks, x, y - 10, y - 14 - label_rows * LABEL_ROW - BARS_HIGH)
    y -= 14 + label_rows * LABEL_ROW + BARS_HIGH
    _bars(canvas, entries, x, y, y + BARS_HIGH)
    if with_shares:
        y -= TITLE + 10
        _title(canvas, y, "Share of the input that came from the cache")
        y -= SHARE_HIGH + 12
        _shares(canvas, entries, x, y, y + SHARE_HIGH)
    _times(canvas, x, y - 16)
    draw_key(canvas, MARGIN, y - 42, totals, WIDTH - 2 * MARGIN, size=SIZE, row=KEY_ROW)
    return canvas.picture(" ".join([*([above.alt] if above is not None else []), _alt(meter, totals)]))


def _title(canvas: Canvas, y: float, words: str) -> None:
    canvas.text(MARGIN, y + 6, words, TEXT, size=SIZE, bold=True)


def _ruled(canvas: Canvas, y: Scale, high: float, right: float = WIDTH - RIGHT, *, most: int = 3) -> None:
    for usd, label in usd_ticks(high, most=most):
        canvas.line([(LEFT, y(usd)), (right, y(usd))], LINE, 1.0, z=0.4)
        canvas.text(LEFT - 8, y(usd), label, MUTED, size=SIZE, align="right")


def _times(canvas: Canvas, x: Scale, y: float) -> None:
    for at_s, words in ticks(0.0, x.high, x.end - x.start, size=SIZE):
        canvas.text(x(at_s), y, words, MUTED, size=SIZE, align="center")


def _steps(
    canvas: Canvas, spent: Sequence[tuple[float, float]], x: Scale, low: float, high: float, *, unpriced: bool
) -> None:
    """What had been spent at every moment, and the sum at the end; `unpriced` where there is more to it."""
    most = spent[-1][1] or 1.0
    y = Scale(0.0, most * 1.04, low, high)
    _ruled(canvas, y, most, x.end)
    places = [(x(0.0), y(0.0))]
    for at_s, usd in spent:
        at = x(at_s)
        places += [(at, places[-1][1]), (at, y(usd))]
    canvas.line(places, TEXT, 2.0, z=3.0)
    at, end = places[-1]
    canvas.dot(at, end, TEXT, radius=3.0)
    canvas.text(at + 8, end, format_usd(spent[-1][1]), TEXT, size=STRONG, bold=True)
    if unpriced:
        canvas.text(at + 8, end - 17, "+ unpriced", ERROR, size=SIZE)


def _places(entries: Sequence[Entry], x: Scale) -> tuple[list[float], float]:
    """The middle of each response's bar, and how wide bars are: side by side where they would overlap."""
    count = len(entries)
    gaps = sorted(b.exchange.at_s - a.exchange.at_s for a, b in pairwise(entries))
    usual = (gaps[len(gaps) // 4] if gaps else x.high) / x.high * (x.end - x.start)
    pitch = min((x.end - x.start) / count, max(usual, 5.0), WIDEST + 4)
    wide = max(pitch * 0.8, 0.8)
    wanted = [x(entry.exchange.at_s) - wide / 2 for entry in entries]
    return spread(wanted, pitch, x.start + wide / 2, x.end - wide / 2), wide


def _bars(canvas: Canvas, entries: Sequence[Entry], x: Scale, low: float, high: float) -> None:
    most = max(entry.total.total_usd for entry in entries) or 1.0
    y = Scale(0.0, most, low, high)
    _ruled(canvas, y, most)
    stacks: list[dict[Part, list[Box]]] = []
    places, wide = _places(entries, x)
    asked = 0.0
    for middle, entry in zip(places, entries, strict=True):
        foot, stack = low, {}
        for part, usd in parts_of(entry.total, unheard=entry.unheard).items():
            top = foot + y(usd) - low
            stack[part] = [Box(middle - wide / 2, foot, middle + wide / 2, top)]
            foot = top
        stacks.append(stack)
        if (_unknown(entry) or entry.total.unpriced) and middle - 6 > asked:
            asked = canvas.text(middle, foot + 8, "?", ERROR, size=SIZE, bold=True, align="center", halo=True).x1
    stacked(canvas, stacks)


def _unknown(entry: Entry) -> bool:
    """Whether the server sent no usage for a response."""
    return entry.cost is None and entry.exchange.status != "no_response"


def _asked(entries: Sequence[Entry]) -> str:
    """What a question mark stands for; empty where there is none."""
    reasons = [
        *(["no price"] if any(entry.total.unpriced for entry in entries) else []),
        *(["no usage sent"] if any(map(_unknown, entries)) else []),
    ]
    return f"?: {' or '.join(reasons)}" if reasons else ""


def _costly(entry: Entry) -> list[tuple[str, float]]:
    """The misses of a response that money was lost by, with their cost; first use is nobody's loss."""
    return [(miss.reason, miss.extra.total_usd) for miss in entry.misses if miss.reason != "first use"]


def _miss_marks(entries: Sequence[Entry], x: Scale) -> list[tuple[float, str]]:
    """Where each reason cost most: one label a reason, the four dearest."""
    dearest: dict[str, tuple[float, float, int]] = {}
    places, _ = _places(entries, x)
    for place, entry in zip(places, entries, strict=True):
        for reason, usd in _costly(entry):
            before = dearest.get(reason, (-1.0, 0.0, 0))
            dearest[reason] = (*max(before[:2], (usd, place)), before[2] + 1)
    kept = sorted(dearest.items(), key=lambda item: -item[1][0])[:4]
    return [(place, reason if times == 1 else f"{reason} (×{times})") for reason, (_, place, times) in kept]


def _label_misses(
    canvas: Canvas, entries: Sequence[Entry], marks: Sequence[Label], x: Scale, top: float, foot: float
) -> None:
    """Reasons above the response each cost most in, and a small mark under every response that has one."""
    rows = max((label.row + 1 for label in marks), default=0)
    for label in marks:
        y = top - 4 - (rows - 1 - label.row) * LABEL_ROW
        canvas.line([(label.at, y + 6), (label.at, foot)], ERROR, 1.0, dashed=True, alpha=0.7, z=0.8)
        canvas.text(label.x0, y, label.text, ERROR, size=SIZE)
    places, _ = _places(entries, x)
    for place, entry in zip(places, entries, strict=True):
        if _costly(entry):
            canvas.area([(place - 3, foot - 7), (place + 3, foot - 7), (place, foot - 2)], ERROR, z=3.0)


def _shares(canvas: Canvas, entries: Sequence[Entry], x: Scale, low: float, high: float) -> None:
    y = Scale(0.0, 1.0, low, high)
    for share, label in ((0.0, "0 %"), (1.0, "100 %")):
        canvas.line([(LEFT, y(share)), (WIDTH - RIGHT, y(share))], LINE, 1.0, z=0.4)
        canvas.text(LEFT - 8, y(share), label, MUTED, size=SIZE, align="right")
    places, wide = _places(entries, x)
    boxes = []
    for middle, entry in zip(places, entries, strict=True):
        if entry.cached_share is not None:
            boxes.append(Box(middle - wide / 2, low, middle + wide / 2, max(y(entry.cached_share), low + 0.5)))
    canvas.bars(boxes, STORED)
    used = [entry.exchange.usage for entry in entries if entry.exchange.usage is not None]
    given = sum(usage.input_tokens for usage in used)
    if given:
        mean = sum(usage.cached_tokens for usage in used) / given
        middle = (low + high) / 2
        canvas.text(WIDTH - RIGHT + 8, middle + 8, percent(mean), TEXT, size=STRONG, bold=True)
        canvas.text(WIDTH - RIGHT + 8, middle - 9, "in all", MUTED, size=SIZE)


def _many(meter: Meter, names: Sequence[str]) -> Picture:
    found = _by_session(meter, names)
    costs = {name: sum((entry.total for entry in entries), Cost()) for name, entries in found.items()}
    order = sorted(names, key=lambda name: -costs[name].total_usd) if len(names) > MOST_BARS else list(names)
    bars = [
        Bar(
            name or "unnamed",
            parts_of(costs[name], unheard=sum((entry.unheard for entry in found[name]), Cost())),
            str(costs[name]),
            counted(len(found[name]), "response"),
        )
        for name in order[:MOST_BARS]
    ]
    if len(order) > MOST_BARS:
        rest = sum((costs[name] for name in order[MOST_BARS:]), Cost())
        bars.append(Bar(f"{len(order) - MOST_BARS} more", amount=str(rest), note="together"))
    totals = parts_of(meter.cost, unheard=sum((entry.unheard for entry in meter.entries), Cost()))
    height = 2 * TITLE + TOTAL_HIGH + 48 + bars_height(bars, WIDTH, key=totals) + 14
    canvas = Canvas(height)
    y = height - TITLE
    _title(canvas, y, "Cost so far, session after session")
    _line_of_all(canvas, meter, found, y - TOTAL_HIGH, y - 8)
    y -= TOTAL_HIGH + 48 + TITLE
    _title(canvas, y, "Each session")
    draw_bars(canvas, y - 8, bars, key=totals)
    return canvas.picture(_alt(meter, totals))


def _line_of_all(canvas: Canvas, meter: Meter, found: Mapping[str, Sequence[Entry]], low: float, high: float) -> None:
    """One line over all sessions, by their start, as if each began where the one before ended."""
    running = meter.running()
    order = list(dict.fromkeys(entry.session for entry, _ in running))
    starts, lasted_s = {}, 0.0
    for name in order:
        starts[name] = lasted_s
        lasted_s += _clock(found[name])
    x = Scale(0.0, lasted_s * 1.005, LEFT, WIDTH - RIGHT)
    spent = [(starts[entry.session] + entry.exchange.at_s, total.total_usd) for entry, total in running]
    _steps(canvas, spent, x, low, high, unpriced=bool(meter.cost.unpriced))
    _times(canvas, x, low - 16)
    ends = {name: (x(starts[name]), x(starts[name] + _clock(found[name]))) for name in order}
    words = {name: drawable(name.removesuffix(".rtnb")[:80] or "unnamed") for name in order}
    named = [name for name, (left, right) in ends.items() if text_width(words[name], SIZE) <= right - left - 10]
    for name, borders in ends.items():
        for border in borders:
            canvas.line([(border, low), (border, high)], LINE, 1.0, z=0.3)
            if named:
                canvas.line([(border, low - 42), (border, low - 26)], LINE, 1.0, z=0.3)
        if name in named:
            canvas.text(borders[0] + 5, low - 34, words[name], MUTED, size=SIZE)


def _alt(meter: Meter, totals: dict[Part, float]) -> str:
    sessions = len({entry.session for entry in meter.entries})
    over = f" in {counted(sessions, 'session')}" if sessions > 1 else f" over {duration(_clock(meter.entries))}"
    made = ", ".join(f"{part.name} {format_usd(usd)}" for part, usd in totals.items())
    reasons: dict[str, float] = {}
    for entry in meter.entries:
        for reason, usd in _costly(entry):
            reasons[reason] = reasons.get(reason, 0.0) + usd
    lost = ", ".join(f"{reason} {format_usd(usd)}" for reason, usd in reasons.items())
    missed = f" Cache misses: {lost} more." if lost else ""
    return f"Cost of {counted(len(meter.entries), 'response')}{over}: {meter.cost}. {made}.{missed}"
