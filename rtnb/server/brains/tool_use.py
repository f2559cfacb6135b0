"""Tools as the demo brain uses them: when to call, what to ask first, and what to say of the outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.server.brains.arithmetic import answer_arithmetic
from rtnb.server.brains.base import BrainRequest, Call, Message
from rtnb.server.brains.faq import answer_question
from rtnb.server.brains.geography import answer_geography
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.tool_arguments import Filled, fill_arguments, made_up
from rtnb.server.brains.tool_choice import Tool, choose_tool, tools_of
from rtnb.server.brains.tool_outputs import output_sentences
from rtnb.server.brains.tool_words import humanised, split_name, stem, tools_data
from rtnb.server.brains.words import is_speech, parts

__all__ = ["answer_of_outputs", "answer_with_tools"]

_MOST_CALLS: Final = 5
_AND: Final = re.compile(r",? (?:and|then|and then|and also|also) (?:please )?(?=[a-z])", re.IGNORECASE)
_MOST_QUESTIONS: Final = 3
"""One after another, before the subject is dropped."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A tool that is wanted, and what is known for it."""

    tool: Tool
    filled: Filled

    @property
    def question(self) -> str:
        names = [f"the {humanised(name)}" for name in self.filled.missing]
        what = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        return str(tools_data("texts")["ask"].replace("{what}", what))

    @property
    def calls(self) -> list[Call]:
        return [Call(self.tool.name, json.dumps(each, ensure_ascii=False)) for each in self.filled.calls]


def answer_with_tools(request: BrainRequest) -> Answer | None:
    """Calls for what the last message asks for, a question for what is missing, or None.

    Examples
    --------
    >>> weather = {"name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}},
    ...     "required": ["city"]}}
    >>> def ask(text):
    ...     return answer_with_tools(BrainRequest(messages=(Message(role="user", text=text),), tools=(weather,)))
    >>> ask("What's the weather in Paris?").calls
    (Call(name='get_weather', arguments='{"city": "Paris"}', call_id=None),)
    >>> ask("What's the weather?").sentences
    ('Could you tell me the city?',)
    """
    tools = tools_of(request.tools)
    if request.tool_choice == "none" or not tools:
        return None
    at = len(request.messages) - 1
    last = request.messages[at] if at >= 0 else Message(role="system", text=request.instructions)
    if last.role == "tool":
        return _rest(request, tools)
    if last.role == "assistant" and not _forced(request):
        return None
    named = _named(request, tools)
    plans = [] if not is_speech(last.text) else _plans(last, request.messages[: max(at, 0)], named or tools)
    if not plans and not _forced(request):
        return None
    if not plans:
        plans = _made(last, request.messages, (named or tools)[0])
    elif _forced(request):
        plans = [_completed(plan, last) for plan in plans]
    calls = _calls(plans)
    if not calls and not _forced(request) and _answers_itself(Utterance(last.text, heard=last.heard)):
        return None
    if not calls:
        return Answer(f"tool-ask:{plans[0].tool.name}", (plans[0].question,), whole=True)
    if not request.parallel_tool_calls:
        calls = calls[:1]
    return Answer(f"tool:{calls[0].name}", (), whole=True, calls=tuple(calls))


def answer_of_outputs(messages: tuple[Message, ...]) -> Answer:
    """What the tools answered since somebody last spoke.

    Examples
    --------
    >>> answer_of_outputs((Message(role="tool", text='{"status": "shipped"}'),)).sentences
    ('The status is shipped.',)
    """
    recent = messages[_spoken(messages) + 1 :]
    arguments = {m.call_id: m.text for m in recent if m.role == "assistant" and m.name}
    after = [at for at, m in enumerate(recent) if m.role == "assistant" and m.name is None]
    outputs = [m for m in recent[(after[-1] + 1 if after else 0) :] if m.role == "tool"]
    sentences = [line for m in outputs for line in output_sentences(m.text, arguments.get(m.call_id, ""))]
    return Answer("tool-output", tuple(dict.fromkeys(sentences)), whole=True)


def _forced(request: BrainRequest) -> bool:
    return request.tool_choice == "required" or isinstance(request.tool_choice, Mapping)


def _named(request: BrainRequest, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
    choice = request.tool_choice
    if not isinstance(choice, Mapping):
        return ()
    function = choice.get("function")
    name = choice.get("name") or (function.get("name") if isinstance(function, Mapping) else None)
    return tuple(tool for tool in tools if tool.name == name)


def _spoken(messages: tuple[Message, ...]) -> int:
    """Where somebody other than the assistant and its tools spoke last; -1 for never."""
    return next((at for at in reversed(range(len(messages))) if messages[at].role in ("user", "system")), -1)


def _rest(request: BrainRequest, tools: tuple[Tool, ...]) -> Answer | None:
    """The next call, where one response may make only one and several are wanted."""
    at = _spoken(request.messages)
    if request.parallel_tool_calls or at < 0:
        return None
    message = request.messages[at]
    made = {(m.name, _canonical(m.text)) for m in request.messages[at + 1 :] if m.role == "assistant" and m.name}
    wanted = _calls(_plans(message, request.messages[:at], _named(request, tools) or tools))
    left = [call for call in wanted if (call.name, _canonical(call.arguments)) not in made]
    if not left or len(left) == len(wanted):
        return None
    return Answer(f"tool:{left[0].name}", (), whole=True, calls=(left[0],))


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _chosen(said: Utterance, tools: tuple[Tool, ...]) -> Tool | None:
    """The tool that is called for, unless only synonyms speak for it and the brain knows the answer."""
    tool = choose_tool(said, tools)
    if tool is None or answer_question(said) is None:
        return tool
    return tool if set(map(stem, split_name(tool.name))) & set(map(stem, said.plain.split())) else None


def _answers_itself(said: Utterance) -> bool:
    """Whether asking back would be worse than answering: a sum that no parameters fit, a capital."""
    return any(answer(said) is not None for answer in (answer_arithmetic, answer_geography))


def _plans(message: Message, before: tuple[Message, ...], tools: tuple[Tool, ...]) -> list[_Plan]:
    said = Utterance(message.text, heard=message.heard)
    whole = _chosen(said, tools)
    if pending := _pending(before, tools, _MOST_QUESTIONS):
        more = _continued(pending, said, before)
        if more is not None and (whole in (None, pending.tool) or not _complete(whole, said, before)):
            return [more]
    found: list[_Plan] = []
    for text in _clauses(said.text):
        piece = Utterance(text, heard=message.heard)
        tool = _chosen(piece, tools)
        if tool is not None:
            plan = _Plan(tool, fill_arguments(piece, tool, before))
            if plan not in found:
                found.append(plan)
    if whole is None and len(found) < 2:
        return found
    if whole is not None:
        everything = _Plan(whole, fill_arguments(said, whole, before))
        # A clause that was cut out of a sentence may lack what stands in the rest of it.
        if len(found) < 2 or any(plan.filled.missing for plan in found):
            complete = [plan for plan in found if not plan.filled.missing]
            return [everything] if len(complete) < 2 else complete
    return found[:_MOST_CALLS]


def _clauses(text: str) -> list[str]:
    return [clause for part in parts(text) for clause in _AND.split(part) if is_speech(clause)]


def _complete(tool: Tool, said: Utterance, before: tuple[Message, ...]) -> bool:
    return not fill_arguments(said, tool, before).missing


def _pending(before: tuple[Message, ...], tools: tuple[Tool, ...], depth: int) -> _Plan | None:
    """What the assistant has just asked about, if it asked."""
    if depth == 0 or not before or before[-1].role != "assistant" or before[-1].name is not None:
        return None
    asked = before[-1].text
    end = len(before) - 1
    while end and before[end - 1].role == "assistant":
        end -= 1
    if not end or before[end - 1].role not in ("user", "system"):
        return None
    question, earlier = before[end - 1], before[: end - 1]
    said = Utterance(question.text, heard=question.heard)
    previous = _pending(earlier, tools, depth - 1)
    plans = [_continued(previous, said, earlier)] if previous else []
    if tool := _chosen(said, tools):
        plans.append(_Plan(tool, fill_arguments(said, tool, earlier)))
    return next((plan for plan in plans if plan and plan.filled.missing and plan.question in asked), None)


def _continued(pending: _Plan, said: Utterance, before: tuple[Message, ...]) -> _Plan | None:
    """The plan with what the answer to its question adds; None if it adds nothing."""
    if re.match(r"^(?:no|never mind|forget it|cancel|stop|nothing|nope|not now)\b", said.plain):
        return None
    missing = pending.filled.missing
    # With one question open the whole answer may be the value; with several only what can be told apart.
    added = fill_arguments(said, pending.tool, before, only=missing)
    if len(missing) > 1:
        seen = [call for call in added.calls[0].items() if str(call[1]).strip(" .!?") != said.text.strip(" .!?")]
        added = Filled((dict(seen),), tuple(n for n in missing if n not in dict(seen)))
    if not any(added.calls):
        return None
    calls = tuple({**known, **new} for known in pending.filled.calls for new in added.calls)
    order = list(pending.tool.properties)
    calls = tuple({name: call[name] for name in order if name in call} for call in calls)
    return _Plan(pending.tool, Filled(calls, added.missing))


def _calls(plans: list[_Plan]) -> list[Call]:
    found = [call for plan in plans if not plan.filled.missing for call in plan.calls]
    return list(dict.fromkeys(found))[:_MOST_CALLS]


def _completed(plan: _Plan, message: Message) -> _Plan:
    """A plan that must be a call."""
    rest: dict[str, Any] = made_up(plan.tool, Utterance(message.text), plan.filled.missing)
    return _Plan(plan.tool, Filled(tuple({**call, **rest} for call in plan.filled.calls)))


def _made(last: Message, messages: tuple[Message, ...], tool: Tool) -> list[_Plan]:
    """A call that must be made although nothing asks for it."""
    said = Utterance(last.text, heard=last.heard)
    return [_completed(_Plan(tool, fill_arguments(said, tool, messages[:-1])), last)]
