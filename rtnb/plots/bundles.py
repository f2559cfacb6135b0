"""What Jupyter gets of each value object: HTML for notebooks, PNG for where HTML is not shown, plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtnb._display import register
from rtnb.audio import Clip
from rtnb.plots import aside_cards, cards, config_cards, text
from rtnb.plots.budget import budget_card, budget_text
from rtnb.plots.canvas import Picture
from rtnb.plots.explained import explanation_bundle
from rtnb.plots.money import cards as money_cards
from rtnb.plots.money import text as money_text
from rtnb.plots.money.meter_chart import meter_picture
from rtnb.plots.money.price_chart import history_picture
from rtnb.plots.money.projection_chart import calibration_picture, projection_picture
from rtnb.plots.money.variant_chart import next_picture, whatif_picture
from rtnb.plots.render import png_base64
from rtnb.plots.scene import Scene, clip_scene, run_scene, session_scene, turn_scene
from rtnb.plots.timeline import bundle as timeline_bundles
from rtnb.plots.timing import timing_card, timing_text, turn_times_card, turn_times_text
from rtnb.plots.timing_chart import timing_picture
from rtnb.plots.vad import bundles as vad_bundles
from rtnb.plots.waveform import draw
from rtnb.pricing import Cost, Rates
from rtnb.pricing.ahead.budget import NextResponse
from rtnb.pricing.ahead.calibration import Calibration
from rtnb.pricing.ahead.projection import Projection
from rtnb.pricing.ahead.talktime import TalkTimeTable
from rtnb.pricing.ahead.whatif import WhatIf
from rtnb.pricing.bills.meter import Meter
from rtnb.pricing.market.landscape import Landscape, ModelHistory, PrintedTable
from rtnb.pricing.prices.table import PriceHistory, PriceTable
from rtnb.pricing.reconciling.reconciliation import Reconciliation
from rtnb.protocol.explanation import Explanation
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import RunView, SessionView, TurnView, UsageReport
from rtnb.session.views.timing import Timing
from rtnb.session.views.timing_report import TimingReport

__all__ = ["register_all"]

_Bundle = Mapping[str, Any]


def _bundle(
    html: object, plain: str | None = None, scene: Scene | None = None, picture: Picture | None = None
) -> _Bundle:
    bundle: dict[str, Any] = {"text/html": str(html)}
    if plain is not None:
        bundle["text/plain"] = plain
    if scene is not None and not scene.empty:
        bundle["image/png"] = png_base64(draw(scene))
    if picture is not None and not picture.empty:
        bundle["image/png"] = png_base64(picture.figure)
    return bundle


def clip_bundle(clip: Clip) -> _Bundle:
    """A sound; its repr says enough in plain text."""
    return _bundle(cards.clip_card(clip), scene=clip_scene(clip))


def turn_bundle(turn: TurnView) -> _Bundle:
    """A turn; while it goes on without pictures, which take too long to be drawn over and over."""
    return _bundle(cards.turn_card(turn), text.turn_text(turn), turn_scene(turn) if turn.over else None)


def run_bundle(run: RunView) -> _Bundle:
    """A run; its picture when it is done."""
    return _bundle(cards.run_card(run), text.run_text(run), run_scene(run) if run.done else None)


def session_bundle(session: SessionView) -> _Bundle:
    """A session so far."""
    return _bundle(cards.session_card(session), text.session_text(session), session_scene(session))


def cost_bundle(cost: Cost) -> _Bundle:
    """A bill."""
    return _bundle(cards.cost_card(cost), text.cost_text(cost))


def report_bundle(report: UsageReport) -> _Bundle:
    """Tokens and cost of a session; where it is known response by response, with the picture of that."""
    picture = meter_picture(report.meter) if report.ledger.exchanges else None
    image = None if picture is None or picture.empty else money_cards.picture_html(picture)
    return _bundle(cards.report_card(report, image=image), text.report_text(report), picture=picture)


def timing_bundle(timing: Timing) -> _Bundle:
    """What one turn measured."""
    return _bundle(turn_times_card(timing), turn_times_text(timing), picture=timing_picture(timing))


def timing_report_bundle(report: TimingReport) -> _Bundle:
    """Times of many turns."""
    return _bundle(timing_card(report), timing_text(report))


def budget_bundle(view: BudgetView) -> _Bundle:
    """What is spent of a budget."""
    return _bundle(budget_card(view), budget_text(view))


def rates_bundle(rates: Rates) -> _Bundle:
    """One row of the price table."""
    return _bundle(money_cards.rates_card(rates), money_text.rates_text(rates))


def price_table_bundle(table: PriceTable) -> _Bundle:
    """The price list."""
    return _bundle(money_cards.price_table_card(table), money_text.price_table_text(table))


def history_bundle(history: PriceHistory) -> _Bundle:
    """Prices over time."""
    return _bundle(
        money_cards.history_card(history), money_text.history_text(history), picture=history_picture(history)
    )


def meter_bundle(meter: Meter) -> _Bundle:
    """What sessions cost."""
    return _bundle(money_cards.meter_card(meter), money_text.meter_text(meter), picture=meter_picture(meter))


def next_bundle(bounds: NextResponse) -> _Bundle:
    """What the next response costs."""
    return _bundle(money_cards.next_card(bounds), money_text.next_text(bounds), picture=next_picture(bounds))


def projection_bundle(projection: Projection) -> _Bundle:
    """What a conversation would cost."""
    html, plain = money_cards.projection_card(projection), money_text.projection_text(projection)
    return _bundle(html, plain, picture=projection_picture(projection))


def calibration_bundle(calibration: Calibration) -> _Bundle:
    """Projected against recorded."""
    html, plain = money_cards.calibration_card(calibration), money_text.calibration_text(calibration)
    return _bundle(html, plain, picture=calibration_picture(calibration))


def whatif_bundle(what: WhatIf) -> _Bundle:
    """The same talk otherwise; its picture where there is anything to compare with."""
    picture = whatif_picture(what) if what.variants else None
    return _bundle(money_cards.whatif_card(what), money_text.whatif_text(what), picture=picture)


def reconciliation_bundle(found: Reconciliation) -> _Bundle:
    """Recordings against a usage export."""
    return _bundle(money_cards.reconciliation_card(found), money_text.reconciliation_text(found))


def landscape_bundle(grid: Landscape | ModelHistory) -> _Bundle:
    """Products or models side by side."""
    return _bundle(money_cards.landscape_card(grid), money_text.grid_text(grid))


def printed_bundle(table: PrintedTable) -> _Bundle:
    """A price table as it was printed."""
    return _bundle(money_cards.printed_card(table), money_text.printed_text(table))


def talktime_bundle(table: TalkTimeTable) -> _Bundle:
    """The table of talk time."""
    return _bundle(money_cards.talktime_card(table), money_text.talktime_text(table))


def register_all() -> None:
    """Tell :mod:`rtnb._display` how each value object draws itself."""
    register(Clip, clip_bundle)
    register(TurnView, turn_bundle)
    register(RunView, run_bundle)
    register(SessionView, session_bundle)
    register(Timing, timing_bundle)
    register(TimingReport, timing_report_bundle)
    register(BudgetView, budget_bundle)
    register(Cost, cost_bundle)
    register(UsageReport, report_bundle)
    register(Rates, rates_bundle)
    register(PriceTable, price_table_bundle)
    register(PriceHistory, history_bundle)
    register(Meter, meter_bundle)
    register(NextResponse, next_bundle)
    register(Projection, projection_bundle)
    register(Calibration, calibration_bundle)
    register(WhatIf, whatif_bundle)
    register(Reconciliation, reconciliation_bundle)
    register(Landscape, landscape_bundle)
    register(ModelHistory, landscape_bundle)
    register(PrintedTable, printed_bundle)
    register(TalkTimeTable, talktime_bundle)
    register(Explanation, explanation_bundle)
    aside_cards.register_all()
    config_cards.register_all()
    timeline_bundles.register_all()
    vad_bundles.register_all()


register_all()
