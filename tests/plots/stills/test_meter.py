from __future__ import annotations

import base64

from support.markup import assert_harmless
from support.talks import ledger_of_talk

from rtnb.plots.canvas import WIDTH
from rtnb.plots.money.meter_chart import meter_picture
from rtnb.plots.render import PNG_CAP_BYTES
from rtnb.plots.stills.context import Context
from rtnb.plots.stills.meter import MOST_TURNS, gauges_of, usage_bundle
from rtnb.session.views.budget import BudgetView
from rtnb.session.views.shapes import SessionView, UsageReport


def _report(talk: SessionView, minutes: float = 5.0) -> UsageReport:
    ledger = ledger_of_talk(minutes)
    usage = sum(each.usage for each in ledger.exchanges if each.usage)
    return UsageReport(talk.turns, usage, talk.cost, ledger.model, "embedded server", ledger)


def test_gauges_of_context_cache_and_limits(talk: SessionView, budget: BudgetView) -> None:
    gauges = gauges_of(_report(talk), budget, Context(3_840, 32_000))
    assert [gauge.name for gauge in gauges] == ["context", "cache", "money", "time"]
    assert gauges[2].text == "$0.0231 of $1.00"
    assert gauges[1].text.endswith(" % of the possible") and " % of the input, " in gauges[1].text


def test_every_format_tells_all(talk: SessionView, budget: BudgetView) -> None:
    report = _report(talk)
    still = usage_bundle(report, budget=budget, context=Context(3_840, 32_000),
                         what_if=report.reprice("gpt-realtime-mini"), notes=("<i>a note</i>",))  # fmt: skip
    reader = assert_harmless(still["text/html"])
    alt = reader.all("img")[0]["alt"]
    for part in ("12 % of 32k context", "$0.0231 of $1.00", "29:00 of 30:00 min"):
        assert part in alt
        assert part in still["text/plain"]
    for text in (reader.text(), still["text/plain"]):
        assert "What if" in text
        assert "gpt-realtime-mini" in text
        assert "<i>a note</i>" in text
    assert len(base64.b64decode(still["image/png"])) <= PNG_CAP_BYTES


def test_a_long_session_stays_small(talk: SessionView) -> None:
    still = usage_bundle(_report(talk, 60.0))
    assert len(still["text/html"]) < 300_000
    assert "earlier responses" in assert_harmless(still["text/html"]).text()
    assert MOST_TURNS < 40


def test_nothing_was_used_yet() -> None:
    still = usage_bundle(UsageReport((), None, None, "gpt-realtime", "embedded server"))
    assert set(still) == {"text/html", "text/plain"}
    assert "nothing was used yet" in assert_harmless(still["text/html"]).text()


def test_the_picture_without_gauges_is_as_before(talk: SessionView) -> None:
    meter = _report(talk).meter
    plain = meter_picture(meter)
    assert plain.figure.get_size_inches()[0] * 100 == WIDTH
    assert plain.alt.startswith("Cost of ")
