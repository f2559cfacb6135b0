"""Real recorded sessions, shuffled, doubled, torn and lied about: nothing raises, and the state stays sound."""

from __future__ import annotations

import copy
import math
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.logs import Script, Step

import rtnb

CHAOS = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
HEAVY = (".delta", ".append")


class Real(tuple[list[Step], ...]):
    """Recorded sessions; short where a failure shows them."""

    def __new__(cls, sessions: Iterable[list[Step]]) -> Real:
        return super().__new__(cls, tuple(sessions))

    def __repr__(self) -> str:
        return f"{len(self)} sessions"


def get_weather(city: str) -> str:
    """Tell the weather.

    Parameters
    ----------
    city : str
        Where.
    """
    return f"Sunny in {city}."


@pytest.fixture(scope="module")
def real() -> Real:
    """What went over the wire in sessions of every kind, with rtnb's own notes."""
    sessions = []
    with rtnb.connect(modalities=["text"]) as s:
        s.ask("Spell cat.", show=False)
        s.send("Spell a very long word slowly.")
        s.interrupt()
        s.ask("Spell dog.", show=False)
    sessions.append(s)
    with rtnb.connect(turn_detection=None) as s:
        s.ask(rtnb.sample("weather_question"), show=False)
        s.ask("Spell dog.", show=False)
    sessions.append(s)
    with rtnb.connect() as s:
        s.ask("What is two plus two?", show=False)
        s.send("Tell me a story.")
        answers = s.events.of_type("response.done")
        while len(s.events.of_type("response.output_audio.delta")) < 20:
            assert s.events.of_type("response.done") == answers, "a story is longer than that"
            time.sleep(0.02)
        s.interrupt()
    sessions.append(s)
    with rtnb.connect(modalities=["text"], tools=[get_weather]) as s:
        s.ask("What is the weather in Paris?", show=False)
        s.ask("Spell cat.", show=False)
    sessions.append(s)
    with rtnb.connect(modalities=["text"], turn_detection=rtnb.ServerVad(interrupt_response=False)) as s:
        s.send("Tell me a long story.")
        s.append(rtnb.Clip.concat([rtnb.Clip.load(rtnb.sample("weather_question")), rtnb.Clip.silence(1.0)]))
        s.turns[0].wait()
        s.ask("Spell dog.", show=False)
    sessions.append(s)
    return Real(thinned([(event.direction, event.raw) for event in s.events]) for s in sessions)


def thinned(steps: list[Step]) -> list[Step]:
    """Fewer of the many alike, so that what matters gets its share of the chaos."""
    kept, run = [], 0
    for number, step in enumerate(steps):
        same = number > 0 and step[1]["type"] == steps[number - 1][1]["type"] and step[1]["type"].endswith(HEAVY)
        run = run + 1 if same else 0
        if run < 3:
            kept.append(step)
    return kept


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, member in inner for found in places(member, (*path, name)))]


ODD = st.one_of(
    st.none(), st.booleans(), st.text(max_size=4), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False),
    st.just([]), st.just({}), st.just([{}]), st.just({"id": {}}), st.sampled_from([-1, 1e308, 2**62]),
)  # fmt: skip


def spoil(step: Step, data: st.DataObject) -> Step:
    """One member of another type, or missing."""
    direction, event = step
    event = copy.deepcopy(event)
    path = data.draw(st.sampled_from(places(event)[1:]), label="path")
    holder: Any = event
    for name in path[:-1]:
        holder = holder[name]
    if isinstance(holder, dict) and data.draw(st.booleans(), label="missing"):
        del holder[path[-1]]
    else:
        holder[path[-1]] = data.draw(ODD, label="odd")
    return direction, event


def chaos(steps: list[Step], data: st.DataObject) -> list[Step]:
    found = list(steps)
    for _ in range(data.draw(st.integers(1, 8), label="changes")):
        at = data.draw(st.integers(0, len(found) - 1), label="at")
        match data.draw(st.sampled_from(["drop", "double", "move", "spoil", "swap", "cut"]), label="how"):
            case "drop":
                del found[at : at + data.draw(st.integers(1, 10), label="many")]
            case "double":
                found.insert(data.draw(st.integers(0, len(found)), label="to"), found[at])
            case "move":
                step = found.pop(at)
                found.insert(data.draw(st.integers(0, len(found)), label="to"), step)
            case "spoil":
                found[at] = spoil(found[at], data)
            case "swap":
                other = data.draw(st.integers(0, len(found) - 1), label="with")
                found[at], found[other] = found[other], found[at]
            case "cut":
                # A log that begins in the middle, or ends early.
                found = found[at:] if data.draw(st.booleans(), label="front") else found[: at + 1]
        if not found:
            found = list(steps)
    return found


class Watch:
    """Looks at a conversation again and again: what must hold at any time, and what must never go back."""

    def __init__(self) -> None:
        self.script = Script()
        self.done: dict[str, tuple[float | None, str]] = {}
        self.keys: list[str] = []

    def play(self, steps: list[Step], *, every: int = 7) -> Watch:
        for number, step in enumerate(steps):
            self.script.play(step)
            if number % every == 0:
                self.look()
        self.look()
        self.views()
        return self

    def look(self) -> None:
        talk = self.script.talk
        assert [turn.index for turn in talk.turns] == list(range(len(talk.turns)))
        keys = [turn.key for turn in talk.turns]
        assert keys[: len(self.keys)] == self.keys, "turns are added at the end, and keep their names"
        self.keys = keys
        owners = Counter(response_id for turn in talk.turns for response_id in turn.responses)
        assert all(count == 1 for count in owners.values()), "a response belongs to one turn"
        assert set(owners) <= set(talk.responses)
        said = Counter(item_id for turn in talk.turns for item_id in turn.user_items)
        assert all(count == 1 for count in said.values()), said
        for response in talk.responses.values():
            before = self.done.get(response.id)
            if before is not None:
                assert (response.done_s, response.status) == before, "a response is over once"
            if response.over:
                self.done[response.id] = (response.done_s, response.status)
                assert response.id not in talk.open_responses
                assert response.status != "in_progress"
        for item in talk.items.values():
            if item.heard_s is not None:
                assert 0 <= item.heard_s <= item.audio_ms / 1000 + 1e-6, "heard is at most what was received"
        for turn in talk.owed:
            assert not turn.responses and turn.failure is None and not talk.over(turn), "owed is neither given nor over"
        assert len(set(map(id, talk.owed))) == len(talk.owed)
        order = [item_id for item_id in talk.order]  # noqa: C416
        assert len(order) == len(set(order))
        for turn in talk.turns:
            talk.over(turn), talk.heard(turn)
        talk.free(), talk.speaking(), talk.waiting()

    def views(self) -> None:
        view = self.script.view()
        assert [turn.index for turn in view.turns] == list(range(len(view.turns)))
        for turn in view.turns:
            if turn.latency is not None:
                assert math.isfinite(turn.latency.seconds)
            if turn.cost is not None and turn.cost.exact_usd is not None:
                assert turn.cost.exact_usd >= 0
            if turn.received_s is not None and turn.unheard_s is not None:
                assert 0 <= turn.unheard_s <= turn.received_s + 1e-6
        ledger = self.script.observer.ledger()
        assert len(ledger.exchanges) <= len(self.script.talk.responses) + len(self.script.talk.turns) + 8
        self.script.observer.run("run", self.script.talk.turns, 0, None, done=True)


def test_the_sessions_themselves_are_sound(real: Real) -> None:
    for steps in real:
        watch = Watch().play(steps, every=1)
        talk = watch.script.talk
        assert talk.turns and all(talk.over(turn) for turn in talk.turns)
        assert all(turn.latency is None or turn.latency.seconds >= 0 for turn in watch.script.turns())
        assert {"session.created", "response.done"} <= {event["type"] for _, event in steps}


def test_a_turn_is_over_once(real: Real) -> None:
    for steps in real:
        script, over = Script(), {}
        for step in steps:
            script.play(step)
            for turn in script.talk.turns:
                now = script.talk.over(turn)
                assert now or not over.get(turn.index, False) or not turn.responses, step
                over[turn.index] = now


@CHAOS
@given(data=st.data())
def test_torn_and_spoiled_sessions_stay_sound(real: Real, data: st.DataObject) -> None:
    steps = data.draw(st.sampled_from(range(len(real))), label="session")
    Watch().play(chaos(real[steps], data))


@CHAOS
@given(data=st.data())
def test_shuffled_sessions_stay_sound(real: Real, data: st.DataObject) -> None:
    steps = real[data.draw(st.sampled_from(range(len(real))), label="session")]
    data.draw(st.randoms(use_true_random=False), label="order").shuffle(shuffled := list(steps))
    Watch().play(shuffled)


@CHAOS
@given(data=st.data())
def test_two_sessions_in_one_log_stay_sound(real: Real, data: st.DataObject) -> None:
    """As when a connection is taken over by another one, with or without a loss."""
    numbers = data.draw(st.permutations(range(len(real))), label="which")
    first, second = real[numbers[0]], real[numbers[1]]
    at = data.draw(st.integers(0, len(first)), label="at")
    lost: list[Step] = [("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""})]
    between = lost if data.draw(st.booleans(), label="lost") else []
    Watch().play([*first[:at], *between, *second])


@CHAOS
@given(data=st.data())
def test_events_that_come_twice_change_nothing_but_deltas(real: Real, data: st.DataObject) -> None:
    """A doubled event that is no delta and no request of the client's leaves turns and responses as they are."""
    steps = real[data.draw(st.sampled_from(range(len(real))), label="session")]
    twins = [n for n, (way, e) in enumerate(steps) if way == "received" and e["type"].startswith("response.")
             and not e["type"].endswith(".delta")]  # fmt: skip
    at = data.draw(st.sampled_from(twins), label="at")
    once, twice = Script(steps), Script([*steps[: at + 1], steps[at], *steps[at + 1 :]])
    assert [(t.user_items, t.responses) for t in twice.talk.turns] == [
        (t.user_items, t.responses) for t in once.talk.turns
    ]
    assert [t.assistant_text for t in twice.turns()] == [t.assistant_text for t in once.turns()]
