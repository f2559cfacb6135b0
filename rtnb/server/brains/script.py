"""A brain that follows a scenario: on this, say that, call this, wait, fail, be slow. For tests of voice agents."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

from rtnb.server.brains.base import BrainError, BrainRequest, Call, Message, Piece, Say, Stop
from rtnb.server.brains.rules import Moment, Rule, Scenario, Step, scenario_of
from rtnb.server.brains.scenario import Node, read_scenario
from rtnb.server.brains.templates import UnsetError, fill, fill_all

__all__ = ["ScriptBrain"]

_WORD = re.compile(r"\s*\S+\s*")


class ScriptBrain:
    """A brain that follows a scenario.

    Parameters
    ----------
    scenario : Scenario
        Made by :meth:`load` of a file, or by :meth:`of` of plain values.

    Notes
    -----
    A scenario has ``rules``, tried in order; the first that applies answers. A rule has

    ``on``
        Some words that are in what was said (case and punctuation do not matter), a list of such, ``any``,
        ``first`` (nothing was answered yet), or a mapping, of which all must hold: ``text``, ``exact`` (nothing but
        these words), ``regex`` (searched, case ignored; named groups become slots), ``role`` (``user`` or
        ``system``), ``tool`` (the message is the output of that tool, or of ``any``), ``output`` and
        ``output_regex`` (what is in it), ``turn`` (number of the user's turn from 1, or a list), ``first``,
        ``empty``, ``heard`` (it was spoken), ``image``.
    ``times``
        After so many answers of this rule the next ones are tried, which makes rules ordered.
    what to do, in the order written, or a list of steps under ``do``
        ``say``: text, or a list of sentences. ``call``: ``{name, arguments, call_id}``, or a list of such.
        ``wait_ms``. ``slow_ms_per_word``: from here on. ``fail``: a message, or ``{message, code, type}``. ``stop``:
        ``content_filter`` or ``max_output_tokens``. ``choose``: a list of steps, of which the rule's first answer
        takes the first, its second the second and so on, round and round.

    Beside the rules there may be ``fallback`` (steps for when none applies; else the response fails with code
    ``script_no_rule``), ``variables``, ``slow_ms_per_word``, ``name`` and ``about``.

    Texts have slots: ``{city}`` of a named group, of any rule that answered before or of ``variables``; ``{text}``,
    ``{turn}``, ``{output}``, ``{output.path.to.0.it}`` and ``{name}`` of the tool. ``{n:number}`` reads a number,
    also in words. ``{{`` is a brace.

    One brain serves all sessions and remembers nothing: how often a rule has answered and what was captured is
    worked out from the conversation that comes with the request, so the same conversation always gets the same
    answer. A response that only fails leaves nothing in the conversation; it counts as an answer once the user
    has said something else.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.server.brains import BrainRequest, Message
    >>> brain = ScriptBrain.of({"rules": [{"on": {"regex": "table for (?P<n>[a-z]+)"}, "say": "For {n:number}!"}]})
    >>> async def ask(text):
    ...     request = BrainRequest(messages=(Message(role="user", text=text),))
    ...     return "".join([piece.text async for piece in brain.reply(request)])
    >>> asyncio.run(ask("A table for twelve, please."))
    'For 12!'
    """

    def __init__(self, scenario: Scenario) -> None:
        self.name = scenario.name
        self._scenario = scenario

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Of a YAML or JSON file.

        Raises
        ------
        ConfigError
            There is a mistake in it; the message names file, line and place.
        """
        return cls(scenario_of(read_scenario(Path(path))))

    @classmethod
    def of(cls, scenario: Mapping[str, Any]) -> Self:
        """Of plain values.

        Raises
        ------
        ConfigError
            There is a mistake in it.

        Examples
        --------
        >>> ScriptBrain.of({"rules": [{"on": "hello", "sing": "Hi!"}]})
        Traceback (most recent call last):
        rtnb.errors.ConfigError: scenario (rules[0].sing): a rule has no 'sing'; there are on, times, do, say, call, \
wait_ms, fail, stop, choose, slow_ms_per_word.
        """
        return cls(scenario_of(Node.of(scenario)))

    async def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Do what the rule that applies says."""
        state = _State(self._scenario)
        moment = state.replay(request.messages)
        rule, captured = state.rule_for(moment)
        values = state.values(moment, captured)
        if rule is None and not self._scenario.fallback:
            said = moment.message.text[:80] if moment.message else ""
            raise BrainError(f"No rule of {self.name} applies to {said!r}.", code="script_no_rule")
        steps = rule.steps if rule else self._scenario.fallback
        slow_ms = self._scenario.slow_ms_per_word
        for step in _chosen(steps, state.fired[id(rule)] if rule else state.fallbacks):
            match step.verb:
                case "say":
                    for piece in _said(self._filled(step, values), slow_ms):
                        yield piece
                        await asyncio.sleep(slow_ms / 1000)
                case "call":
                    for call in step.value:
                        yield self._call(step, call, values)
                case "wait_ms":
                    await asyncio.sleep(step.value / 1000)
                case "slow_ms_per_word":
                    slow_ms = step.value
                case "fail":
                    message, code, type = (step.value[key] for key in ("message", "code", "type"))
                    raise BrainError(fill(message, values), code=code, type=type)
                case "stop":
                    yield Stop(step.value)
                    return

    def _filled(self, step: Step, values: Mapping[str, Any]) -> str:
        try:
            return fill(step.value, values)
        except UnsetError as error:
            self._unset(step, error)

    def _call(self, step: Step, call: Mapping[str, Any], values: Mapping[str, Any]) -> Call:
        try:
            filled = fill_all(call["arguments"], values)
            name = fill(call["name"], values)
        except UnsetError as error:
            self._unset(step, error)
        arguments = filled if isinstance(filled, str) else json.dumps(filled, ensure_ascii=False)
        return Call(name, arguments, call.get("call_id"))

    def _unset(self, step: Step, error: UnsetError) -> NoReturn:
        place = f", line {step.node.line}" if step.node.line else f" ({step.node.path})"
        text = f"{step.node.file}{place}: {{{error}}} has no value at this point of the conversation."
        raise BrainError(text, code="script_unset") from None


def _said(text: str, slow_ms: float) -> Iterator[Say]:
    """Word by word only if somebody is to wait for the words."""
    return map(Say, _WORD.findall(text) if slow_ms else [text])


def _chosen(steps: Sequence[Step], times: int) -> Iterator[Step]:
    for step in steps:
        if step.verb == "choose":
            yield from _chosen(step.value[times % len(step.value)], times)
        else:
            yield step


class _State:
    """What the conversation so far has made of the scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._captured: dict[str, Any] = dict(scenario.variables)
        self._output: Any = None
        self.fired: Counter[int] = Counter()
        self.fallbacks = 0

    def replay(self, messages: Sequence[Message]) -> Moment:
        """Go through the answers that were given; returns where the conversation stands."""
        moments = list(_moments(messages))
        for moment, following in zip(moments, messages[1:], strict=False):
            message = moment.message
            if message is None or message.role == "assistant":
                continue
            rule, captured = self.rule_for(moment)
            # A failed response leaves nothing, and the user speaks again.
            failed = message.role == following.role == "user" and rule is not None and rule.silent
            if following.role == "assistant" or failed:
                self._captured |= captured
                self.fired[id(rule)] += 1
                self.fallbacks += rule is None
        return moments[-1] if moments else Moment(None, 0, False)

    def rule_for(self, moment: Moment) -> tuple[Rule | None, dict[str, str]]:
        """The rule that answers, and what it captures."""
        for rule in self._scenario.rules:
            if rule.times is not None and self.fired[id(rule)] >= rule.times:
                continue
            if (captured := rule.on.captures(moment)) is not None:
                return rule, captured
        return None, {}

    def values(self, moment: Moment, captured: Mapping[str, str]) -> dict[str, Any]:
        """What the slots hold."""
        message = moment.message
        values = self._captured | {"turn": moment.turn, "text": message.text if message else ""}
        if message is not None and message.role == "tool":
            values |= {"output": _read(message.text)} | ({"name": moment.tool} if moment.tool else {})
        values |= captured
        return values


def _moments(messages: Sequence[Message]) -> Iterator[Moment]:
    """Where the conversation stood at each of its messages."""
    turn, answered = 0, False
    tools: dict[str | None, str] = {}
    for message in messages:
        turn += message.role == "user"
        answered = answered or message.role == "assistant"
        if message.role == "assistant" and message.name:
            tools[message.call_id] = message.name
        yield Moment(message, turn, answered, tools.get(message.call_id) if message.role == "tool" else None)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
