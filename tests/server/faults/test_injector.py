"""Which connection meets which failure."""

from __future__ import annotations

from rtnb.server.faults import Faults, Injector


def test_connections_are_counted_and_refused() -> None:
    faults = Injector(Faults.of([{"refuse": 503, "session": [2, 3]}, {"refuse": 429, "times": 1}]))
    found = [faults.connecting() for _ in range(5)]
    assert [(number, refused.status if refused else None) for number, refused in found] == [
        (1, 429),
        (2, 503),
        (3, 503),
        (4, None),
        (5, None),
    ]
    assert [(each.session, each.event) for each in faults.fired] == [(1, "connect"), (2, "connect"), (3, "connect")]


def test_chance_is_the_same_every_time() -> None:
    def run(seed: int) -> list[bool]:
        faults = Injector(Faults.of({"seed": seed, "faults": [{"refuse": 503, "probability": 0.5}]}))
        return [faults.connecting()[1] is not None for _ in range(40)]

    assert run(1) == run(1) != run(2)
    assert 8 < sum(run(1)) < 32


def test_what_happened_is_kept_within_bounds() -> None:
    faults = Injector(Faults.of([{"delay": 1}, {"fail": "x", "times": 1}]))
    delay, fail = faults.armed
    assert faults.take(fail, 1, "response.created") and not faults.take(fail, 1, "response.created")
    for number in range(1, 2001):
        assert faults.take(delay, number, "response.done")
    assert [each.session for each in faults.fired] == list(range(1001, 2001))
    assert faults.account() == [
        "fail: x, times: 1 (session 1, response.created)",
        "delay: 1 (2000 times, from session 1, response.done to session 2000, response.done)",
    ]
    for _ in range(30):
        faults.clear()
        faults.add(fail="y")
        assert faults.take(faults.armed[0], 7, "response.created")
    assert len(faults.account()) == 21 and faults.account()[-1] == "and 12 more failures"
    assert not faults.take(delay, 1, "response.done"), "it is not armed any more"


def test_one_plan_in_place_of_another() -> None:
    faults = Injector(Faults.of([{"refuse": 503}]))
    first = faults.put(Faults.of([{"fail": "x"}, {"delay": 1}]))
    second = faults.put(Faults.of([{"fail": "y"}]), instead_of=first)
    assert [armed.fault.text for armed in faults.armed] == ["refuse: 503", "fail: y"]
    faults.put(Faults(), instead_of=second)
    assert [armed.fault.text for armed in faults.armed] == ["refuse: 503"]


def test_added_and_cleared_while_it_runs() -> None:
    faults = Injector()
    faults.add(refuse=401)
    faults.add([{"refuse": 403}, {"fail": "x"}])
    assert len(faults.armed) == 3
    faults.clear()
    assert faults.connecting() == (1, None)
    assert Injector.of(faults) is faults
