from __future__ import annotations

from rtnb.session.timeline.shapes import Call, Response
from rtnb.session.timeline.statuses import STATUSES, status_of


def test_what_did_not_go_well_is_told_without_colours() -> None:
    signs = {name: STATUSES[name].sign for name in ("cancelled", "incomplete", "failed")}
    assert len(set(signs.values())) == 3 and all(signs.values())
    assert not STATUSES["completed"].sign and not STATUSES["in_progress"].sign
    assert STATUSES["failed"].tone == "err" and STATUSES["cancelled"].tone == "mark"
    assert status_of("brand_new_status").words == "brand new status"


def test_responses_and_calls_say_it() -> None:
    response = Response(id="r", created_s=0.0, status="failed", trigger="client", reason="overloaded")
    assert response.words == "✕ failed · overloaded"
    assert Response(id="r", created_s=0.0, status="in_progress", trigger="client").words == "in progress …"
    statuses = ("completed", "running", "open", "failed", "timed out", "refused", "cancelled")
    calls = [Call(call_id="c", name="f", signature="f()", status=status, asked_s=0.0) for status in statuses]
    assert [call.failed for call in calls] == [False] * 3 + [True] * 4
