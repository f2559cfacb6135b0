from __future__ import annotations

from support.markup import assert_harmless

from rtnb.plots.budget import budget_card, budget_text
from rtnb.session.views.budget import BudgetView, LimitView

FULL = BudgetView(
    (
        LimitView("budget_usd", 0.43, 0.0064, 0.5),
        LimitView("budget_tokens", 272_535, 11_372, 270_000),
        LimitView("max_minutes", 4.2, 0.0, 10),
    ),
    silenced=True,
    notes=("<b>Not counted</b>",),
)


def test_each_limit_has_a_bar_and_its_words() -> None:
    reader = assert_harmless(budget_card(FULL))
    words = reader.text()
    assert "money $0.4300 of $0.5000, the next response takes $0.0064 at least" in words
    assert "tokens 272,535 of 270,000 tokens" in words and "time 4:12 of 10:00 min" in words
    assert "Turn detection answers no more" in words and "<b>Not counted</b>" in words
    bars = [each["aria-label"] for each in reader.all("span") if "aria-label" in each]
    assert bars == ["86% spent", "101% spent", "42% spent"]
    assert "width:100.0%" in str(budget_card(FULL)), "a bar is never longer than its track"


def test_in_a_terminal() -> None:
    assert budget_text(FULL).splitlines()[0] == (
        "Budget: $0.4300 of $0.5000 · 272,535 of 270,000 tokens · 4:12 of 10:00 min"
    )


def test_no_limit() -> None:
    assert budget_text(BudgetView()) == "Budget: no limit is set"
    assert "no limit is set" in assert_harmless(budget_card(BudgetView())).text()
