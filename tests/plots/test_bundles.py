from __future__ import annotations

import base64
from dataclasses import replace

from support.bills import DAY, make_meter
from support.markup import assert_harmless

from rtnb._display import bundle
from rtnb.audio import Clip
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.views.shapes import RunView, SessionView, TurnView, UsageReport

MAGIC = b"\x89PNG\r\n\x1a\n"


def check(obj: object, *, picture: bool) -> dict[str, str]:
    """The bundle is text, harmless HTML and, where there is sound, a small PNG."""
    given = bundle(obj)
    assert set(given) == {"text/plain", "text/html"} | ({"image/png"} if picture else set())
    assert_harmless(given["text/html"])
    # What stands between two dollar signs is no formula.
    assert given["text/html"].startswith('<div class="tex2jax_ignore mathjax_ignore">')
    if picture:
        data = base64.b64decode(given["image/png"], validate=True)
        assert data.startswith(MAGIC)
        assert len(data) < 100_000
    return given


def test_everything_draws_itself(
    question: Clip, spoken: TurnView, interrupted: TurnView, run: RunView, session: SessionView
) -> None:
    assert check(question, picture=True)["text/plain"] == repr(question)
    assert check(spoken, picture=True)["text/plain"].startswith("Turn 1, completed")
    check(interrupted, picture=True)
    check(run, picture=True)
    check(session, picture=True)
    check(session.cost, picture=False)
    check(UsageReport.of(session), picture=False)


def test_what_goes_on_or_has_no_sound_has_no_picture(spoken: TurnView, typed: TurnView, run: RunView) -> None:
    check(typed, picture=False)
    check(replace(spoken, status="in_progress"), picture=False)
    check(replace(run, done=False), picture=False)
    check(Clip.silence(0), picture=False)


def test_jupyter_finds_the_bundle(question: Clip) -> None:
    assert "text/html" in question._repr_mimebundle_()


def test_a_report_that_knows_its_responses_shows_their_meter(session: SessionView) -> None:
    exchanges = tuple(entry.exchange for entry in make_meter(5).entries)
    report = UsageReport.of(session, Ledger(exchanges=exchanges, on=DAY))
    given = check(report, picture=True)
    assert "Cost of 5 responses" in given["text/html"]
