"""The pictures of what-if and of the next response: bills side by side."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from rtnb.plots.bars import NAME_SHARE, Bar, bars_height, draw_bars
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.money.trade_chart import TRADE_HIGH, draw_trade, trade_of, unpriced
from rtnb.plots.money.variant_names import other_day, variant_labels
from rtnb.plots.money.words import variant_note
from rtnb.plots.palette import MUTED, TEXT
from rtnb.plots.parts import Part, parts_of
from rtnb.pricing import format_usd
from rtnb.pricing.ahead.budget import NextResponse
from rtnb.pricing.ahead.whatif import Variant, WhatIf

__all__ = ["next_figure", "next_picture", "whatif_figure", "whatif_picture"]

SIZE = 12.0
MARGIN, TITLE = 14.0, 26.0
MOST = 24
"""Bars that are drawn; the table has all variants."""


def whatif_figure(what: WhatIf) -> Figure:
    """What the same talk would have cost; where variants lose context, how much they lose for it.

    Examples
    --------
    >>> from datetime import date
    >>> from rtnb.pricing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> usage, day = TokenUsage(input_audio=9000, output_audio=1000), date(2026, 1, 31)
    >>> full, mini = (Variant(m, m, day, None, cost(usage, m, day)) for m in ("gpt-realtime", "gpt-realtime-mini"))
    >>> figure = whatif_figure(WhatIf(full, (mini,)))
    >>> "−69 %" in [text.get_text() for text in figure.axes[0].texts]
    True
    """
    return whatif_picture(what).figure


def whatif_picture(what: WhatIf) -> Picture:
    """The picture with its description."""
    others = sorted(what.variants, key=lambda v: (unpriced(v), v.refused > 0, v.cost.exact_usd))
    if not others and unpriced(what.actual):
        return note_picture("no variant has a price")
    most, more = _most(others)
    shown = [what.actual, *([what.simulated] if what.simulated is not None else []), *most]
    names = variant_labels(shown, what, WIDTH * NAME_SHARE, SIZE)
    bars = [_bar(variant, what, name) for variant, name in zip(shown, names, strict=True)]
    trade = trade_of(what)
    key = _key(bars, 0)
    height = TITLE + bars_height(bars, WIDTH, key=key) + (18 if more else 0) + 26
    height += TRADE_HIGH if trade else 0
    canvas = Canvas(height)
    top = height - TITLE
    day = other_day(what)
    title = "The same talk, billed otherwise" + (f", at the prices of {day}" if day is not None else "")
    canvas.text(MARGIN, top + 9, title, TEXT, size=SIZE, bold=True)
    draw_bars(canvas, top, bars, key=key)
    y = top - bars_height(bars, WIDTH, key=key) - 8
    canvas.text(MARGIN, y, "Amounts beside the colours: as recorded.", MUTED, size=SIZE)
    if more:
        y -= 18
        canvas.text(MARGIN, y, more, MUTED, size=SIZE)
    if trade:
        draw_trade(canvas, trade)
    return canvas.picture(_alt(what, others))


def _most(others: Sequence[Variant]) -> tuple[Sequence[Variant], str]:
    """The variants that are drawn, the cheapest and the dearest of them, and what is said of the rest."""
    if len(others) <= MOST:
        return others, ""
    # Those without a price and those that refuse responses stand behind the dearest.
    dearest = max((i for i, v in enumerate(others) if _comparable(v)), default=0)
    last = max(dearest, MOST - 1)
    left_out = [*others[MOST - 1 : last], *others[last + 1 :]]
    costs = sorted(variant.cost.exact_usd for variant in left_out if _comparable(variant))
    span = f", {format_usd(costs[0])} to {format_usd(costs[-1])}" if costs else ""
    return [*others[: MOST - 1], others[last]], f"and {len(left_out)} more{span}: see the table"


def _comparable(variant: Variant) -> bool:
    return not unpriced(variant) and not variant.refused


def _key(bars: Sequence[Bar], told: int) -> dict[Part, float | None]:
    """Every colour that is to be seen, with the amounts of one bar."""
    return {part: bars[told].parts.get(part) for bar in bars for part in bar.parts}


def _bar(variant: Variant, what: WhatIf, name: str) -> Bar:
    return Bar(
        name,
        parts_of(variant.cost),
        str(variant.cost),
        variant_note(variant, what.actual),
        strong=variant is what.actual,
        warning=bool(variant.refused),
    )


def _alt(what: WhatIf, others: Sequence[Variant]) -> str:
    told = [f"{v.name} {v.cost}" for v in others[:10]]
    more = f", and {len(others) - 10} more" if len(others) > 10 else ""
    return f"As recorded: {what.actual.cost} on {what.actual.model or 'no model'}. Instead: {', '.join(told)}{more}."


def next_figure(bounds: NextResponse) -> Figure:
    """What the next response costs at least and at most, and what of it is what.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> from rtnb.tokens import ModalityCount, TokenUsage
    >>> least, most = (cost(TokenUsage(input_audio=n), "gpt-realtime", "2026-01-31") for n in (100, 200))
    >>> figure = next_figure(NextResponse(least, most, ModalityCount(audio=100)))
    >>> {"at least", "$0.0032", "at most", "$0.0064"} <= {text.get_text() for text in figure.axes[0].texts}
    True
    """
    return next_picture(bounds).figure


def next_picture(bounds: NextResponse) -> Picture:
    """The picture with its description."""
    if not bounds.at_most.exact_usd:
        return note_picture("the next response has no price")
    least, most = parts_of(bounds.at_least), parts_of(bounds.at_most)
    bars = [Bar("at least", least, str(bounds.at_least)), Bar("at most", most, str(bounds.at_most))]
    key = _key(bars, 1)
    height = bars_height(bars, WIDTH, key=key) + 36
    canvas = Canvas(height)
    draw_bars(canvas, height - 8, bars, key=key)
    canvas.text(MARGIN, 16, "Amounts beside the colours: at most.", MUTED, size=SIZE)
    return canvas.picture(f"The next response costs at least {bounds.at_least} and at most {bounds.at_most}.")
