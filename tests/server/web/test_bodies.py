"""Errors of REST in the API's shape; bodies themselves are sent in test_rest.py."""

from __future__ import annotations

import json

from rtnb.protocol import Problem
from rtnb.server.web.bodies import BadRequest, error_answer


def test_an_error_has_the_apis_members_and_no_others() -> None:
    answer = error_answer(Problem("c", "m", "p", type="t"), 418, {"x-tea": "pot"})
    assert json.loads(answer.body) == {"error": {"message": "m", "type": "t", "param": "p", "code": "c"}}
    assert answer.status_code == 418 and answer.headers["x-tea"] == "pot"


def test_a_bad_request_reads_as_its_problem() -> None:
    assert str(BadRequest(Problem(None, "No such thing.", None))) == "No such thing."
