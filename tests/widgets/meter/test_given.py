"""A session, a recording and a report are looked at alike; an open session only where something was used."""

from __future__ import annotations

from pathlib import Path

import pytest

import rtnb
from rtnb.errors import ConfigError
from rtnb.session.views.usage import UsageReport
from rtnb.widgets.meter.given import told


def test_a_session_is_counted_anew_only_after_news(tmp_path: Path) -> None:
    with rtnb.connect(modalities=["text"], journal=False, budget_tokens=90_000) as s:
        given = told(s)
        assert given.session is s and given.first.live and given.first.report.usage is None
        s.ask("Spell cat.", show=False)
        look = s._call(given.look)
        assert look.report.usage == s.usage.usage and look.report.cost == s.usage.cost
        assert look.budget is not None and look.budget.limits[0].spent > 0
        assert s._call(given.look).report is look.report
        s.save(tmp_path / "talk.rtnb")
    assert not given.look().live
    recording = rtnb.replay(tmp_path / "talk.rtnb")
    kept = told(recording)
    assert kept.session is None and kept.first.report.usage == look.report.usage and not kept.look().live
    assert told(recording.usage).first.report.usage == look.report.usage


def test_what_has_no_usage_is_refused() -> None:
    assert told(UsageReport((), None, None, "m", "e")).first.budget is None
    for wrong in ("a sentence", 3, None, object()):
        with pytest.raises(ConfigError, match="UsageMeter wants a Session"):
            told(wrong)
