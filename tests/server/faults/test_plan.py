"""Plans of failures, read and checked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.server.faults import Faults, planned
from rtnb.server.faults.actions import ACTIONS, Delay, Drop, Error, Fail, Garbage, Numbers, Refuse


def only(**members: Any) -> Any:
    (fault,) = Faults.of([members]).faults
    return fault


def test_a_plan_from_a_file_tells_its_line(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(
        "seed: 7\nfaults:\n  - drop: abort\n    on: response.output_audio.delta\n    nth: 3\n  - stall: yes\n"
    )
    with pytest.raises(ConfigError, match=r"^faults.yaml, line 6 \(faults\[1\]\.stall\): stall is true"):
        Faults.load(file)
    file.write_text("seed: 7\nfaults:\n  - drop: abort\n    on: response.output_audio.delta\n    nth: 3\n")
    plan = Faults.load(file)
    assert plan.seed == 7
    assert plan.faults[0].action == Drop()
    assert plan.faults[0].nth == {3}


def test_a_scenario_has_its_own(tmp_path: Path) -> None:
    scenario, more = tmp_path / "s.yaml", tmp_path / "more.json"
    scenario.write_text("rules: [{on: hello, say: Hi}]\nfaults: [{fail: Gone., session: 1}]\n")
    more.write_text('[{"refuse": 429}]')
    plan = planned(f"script:{scenario}", more)
    assert plan is not None
    assert [type(fault.action) for fault in plan.faults] == [Fail, Refuse]
    assert Faults.load(scenario) == Faults(plan.faults[:1])
    assert planned("demo") is None
    scenario.write_text("rules: [{on: hello, say: Hi}]\nfaults:\n- fail: Gone.\n  sesion: 1\n")
    with pytest.raises(ConfigError, match=r"s.yaml, line 4 \(faults\[0\]\.sesion\): a failure has no 'sesion'"):
        planned(f"script:{scenario}")


@pytest.mark.parametrize(
    ("members", "on", "direction"),
    [
        ({"fail": True}, {"response.created"}, "sent"),
        ({"error": "No."}, {"response.create"}, "received"),
        ({"refuse": 503}, {"connect"}, None),
        ({"rate_limit": "numbers"}, {"rate_limits.updated"}, "sent"),
        ({"rate_limit": "handshake"}, {"connect"}, None),
        ({"drop": 1011, "after_audio_ms": 500}, {"response.output_audio.delta"}, "sent"),
        ({"drop": 1011, "after_audio_ms": 500, "direction": "received"}, {"input_audio_buffer.append"}, "received"),
        ({"expire": True, "after_s": 1}, set(), None),
        (
            {"stall": True, "on": "response.output_audio.*"},
            {"response.output_audio.delta", "response.output_audio.done"},
            "sent",
        ),
    ],
)
def test_what_it_is_about(members: dict[str, Any], on: set[str], direction: str | None) -> None:
    fault = only(**members)
    assert (fault.on, fault.direction) == (on, direction)


def test_what_fails_is_in_progress() -> None:
    on = only(fail=True, on="response.*").on
    assert {"response.create", "response.created", "response.output_audio.delta"} < on
    assert not on & {"response.done", "response.cancel"}
    assert only(fail=True, on=["response.output_text.*"]).on == {
        "response.output_text.delta",
        "response.output_text.done",
    }


@pytest.mark.parametrize(
    ("told", "code", "message"),
    [
        ("rate_limit_exceeded", "rate_limit_exceeded", "rate_limit_exceeded"),
        ("Too busy.", None, "Too busy."),
        ({"code": "c_d", "message": "m"}, "c_d", "m"),
    ],
)
def test_what_looks_like_a_code_is_one(told: object, code: str | None, message: str) -> None:
    action = only(fail=told).action
    assert isinstance(action, Fail)
    assert (action.problem.code, action.problem.message) == (code, message)


def test_a_file_that_is_missing_is_called_what_it_was_to_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^The plan of failures '.*none\.yaml' cannot be read: No such file"):
        Faults.load(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"^The scenario '.*none\.yaml' cannot be read: No such file"):
        planned(f"script:{tmp_path / 'none.yaml'}")


def test_a_delay_of_everything() -> None:
    assert {"session.created", "response.done"} <= only(delay=200).on
    assert only(delay={"ms": 200, "jitter_ms": 50}).action == Delay(200, 50)


def test_texts_are_those_of_the_service() -> None:
    refuse = only(rate_limit={"as": "handshake", "retry_after_s": 3}).action
    assert (refuse.status, refuse.retry_after_s, refuse.problem.code) == (429, 3, "rate_limit_exceeded")
    assert refuse.problem.message.endswith("Please try again in 3s.")
    assert only(refuse="secret_expired").action.close == 3000
    assert only(refuse=4000).action.close == 4000
    assert only(refuse={"status": 503, "message": "Later."}).action.problem.message == "Later."
    assert only(rate_limit={"as": "numbers", "remaining": 12}).action == Numbers(12, 2.0)
    assert only(garbage="huge", on="response.created").action == Garbage("huge")
    error = only(error={"message": "No.", "code": "bad", "beside": True}).action
    assert isinstance(error, Error) and error.beside and error.problem.code == "bad"


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([{"drop": "abort"}], "drop says when"),
        ([{"on": "response.created"}], "a failure is one of drop, delay"),
        ([{"drop": "abort", "fail": "x", "on": "response.created"}], "not drop and fail"),
        ([{"drop": "abort", "on": "response.creatd"}], "did you mean response.created"),
        (
            [{"drop": "abort", "on": "response.created", "direction": "received"}],
            "no event 'response.created' that the",
        ),
        ([{"drop": "abort", "on": []}], "names no event"),
        ([{"drop": 1006, "on": "response.created"}], "1006 is no close code"),
        ([{"drop": {"reason": "x"}, "on": "response.created"}], "has a code"),
        ([{"refuse": 200}], "200 is no HTTP status of a refusal"),
        ([{"refuse": 503, "on": "response.created"}], "refuse is on connect"),
        ([{"drop": "abort", "on": "connect"}], "refuse is on connect"),
        ([{"fail": "x", "probability": 2}], "from 0 to 1"),
        ([{"fail": "x", "nth": 0}], "nth is a whole number from 1 up"),
        ([{"fail": "x", "times": 1.5}], "times is a whole number"),
        ([{"garbage": "rubbish", "on": "response.created"}], "garbage is one of half_json"),
        ([{"garbage": "huge", "on": "response.create"}], "events that the server sends"),
        ([{"rate_limit": "often"}], "shows as one of response"),
        ([{"fail": "x", "on": "response.done"}], "there is at response.content_part.added, response"),
        ([{"fail": "x", "on": "session.updated"}], "fail is about a response that is asked for or in progress"),
        ([{"fail": "x", "on": ["response.created", "response.cancel"]}], "at 'response.cancel' there is none"),
        ([{"rate_limit": "response", "on": "rate_limits.updated"}], "rate_limit is about a response"),
        ([{"fail": "x", "on": "response.creatd"}], "did you mean response.created"),
        ([{"fail": "x", "on": []}], "names no event"),
        ([{"delay": 1e12}], "delay is a number from 0 to 1000000000, not 1000000000000.0"),
        ([{"delay": math.inf}], "from 0 to 1000000000, not inf"),
        ([{"delay": {}}], "says how long"),
        ([{"expire": True, "after_s": 1, "nth": 2}], "nth counts events"),
        ({"seed": 1}, "a plan has faults"),
        ({"faults": "x"}, "faults is a list"),
    ],
)
def test_mistakes(plan: Any, said: str) -> None:
    with pytest.raises(ConfigError, match="faults") as caught:
        Faults.of(plan)
    assert said in str(caught.value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["abort", "huge", "connect"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ms", "code", "status", "kind", "as", "message", "beside"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [*ACTIONS, "on", "direction", "nth", "session", "after_s", "after_audio_ms", "probability", "times"]
)


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=3))
def test_whatever_is_in_it_it_is_a_plan_or_a_mistake(plan: list[dict[str, Any]]) -> None:
    try:
        found = Faults.of(plan)
    except ConfigError as error:
        assert str(error).startswith("faults (")
    else:
        assert len(found.faults) == len(plan)
        assert all(fault.on or fault.after_s or "after_s" in fault.text for fault in found.faults)
