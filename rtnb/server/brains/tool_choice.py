"""Which of the declared tools an utterance calls for, if any.

A tool is a bag of concepts with weights: what its name is about weighs most, then the values and names of its
parameters, then its description. An utterance that asks or orders something chooses the tool whose concepts it
shares most, if they weigh enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_values import numbers_in
from rtnb.server.brains.tool_words import concepts_of, is_empty, role_words, split_name, stem, tools_data, verbs_of

__all__ = ["Tool", "choose_tool", "tools_of"]

_NAME: Final = 3.0
_VALUE: Final = 1.5
_PARAMETER: Final = 1.0
_DESCRIPTION: Final = 1.0
_PARAMETER_DESCRIPTION: Final = 0.4
_VERB: Final = 1.5
_ENOUGH: Final = 3.0
"""One word of the name, or three of the description."""
_MOST_WORDS: Final = 60
"""An utterance that is longer tells something rather than orders it."""

_LEAD: Final = re.compile(
    r"^(?:(?:so|and|but|then|now|also|well|um|uh|okay|ok|alright|right|please|hey|hi|hello|oh|again|yes|no|next|great|"
    r"just|quickly|first|maybe|computer|assistant|thanks|thank you|sure) )+"
)
_ASKED: Final = re.compile(
    r"^(?:can|could|would|will) (?:you|we|i)(?: please| just| also)? |^(?:let us|let me|go ahead and) "
)
_WISH: Final = re.compile(
    r"\b(?:i|we) (?:also )?(?:want|need|would like|would love|wish|am looking|have to|must)\b|"
    r"^(?:can|could|may) (?:i|we) (?:get|have|book|reserve|order|speak|talk)\b|\bplease\b"
)
_QUESTION: Final = re.compile(
    r"^(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|should|shall|will|would|"
    r"can|could|any|what about|how about)\b"
)
_DEFINITION: Final = re.compile(
    r"^(?:what|who) (?:is|are) (?:a|an|meant by)\b|\bmeans?$|\bmean by\b|^(?:define|explain)\b|^what does\b.*\bmean\b|"
    r"^(?:what|how) (?:do|does) (?:a|an) \b"
)
_HOW_TO: Final = re.compile(
    r"^(?:how|why|where|when|what happens)\b|^(?:what|which) (?:is|are) (?:the )?\w+$|"
    r"^(?:did|do|have|are|were) (?:you|i)\b"
)
_REFUSED: Final = re.compile(
    r"^(?:please )?(?:do not|never|no need|there is no need|you (?:do not|should not|must not|need not))\b|"
    r"^stop \w+ing\b"
)
_TOLD: Final = re.compile(
    r"^(?:i|we|he|she|they|my|our|his|her|it|that|the|this|yesterday|last) .*\b(?:was|were|had|got|went|saw|said|sent|"
    r"booked|ordered|called|turned|loved|liked|enjoyed|hate|love|like|read|thought|came|ate|made|took|gave|bought|paid|met|found|told|left|lost|wrote|am|is|are|\w{3,}ed)\b|"
    r"^(?:he|she|it|that|this) \w+s\b"
)
_STATES: Final = re.compile(r"^\w+ (?:is|are|was|were) \w")
""""Play is important": a noun that looks like a verb."""
_SOCIAL: Final = re.compile(
    r"^(?:nice|good|great|glad|pleased|lovely) to \w+ (?:you|from you)\b|^what (?:a|an) |^(?:hang|hold) on\b|"
    r"^call it a (?:day|night)\b|^(?:good|bad|no|great) news\b|^time flies\b|^long time no see\b|"
    r"\b(?:is|was) not it$|^\w+ or \w+$"
)
"""Phrases that mean nothing of what their words say."""
_PERSONAL: Final = re.compile(
    r"\b(?:do|did|are|were) you (?:ever |usually |always |really )?"
    r"(?:go|going|sleep|eat|drink|like|love|live|feel|prefer|enjoy|dream|born|get up|wake up)\b"
)
_ABOUT: Final = re.compile(
    r"^(?:i|we|let us|can i|can we|could we) (?:\w+ ){0,3}"
    r"(?:talk|speak|chat|hear|learn|know|think|read) (?:\w+ )?about\b|"
    r"^(?:i|we) (?:\w+ ){1,3}to (?:understand|discuss|learn|know)\b"
)
"""What is to be talked about is not to be done."""
_MY_OWN: Final = re.compile(r"\b(?:have to|must|need to|want to|would like to) (?:go|think|sleep|eat)\b")
"""What the speaker is going to do without any tool."""
_HOW_DO_I: Final = re.compile(r"^how (?:do|can|could|should|would|does) (?:i|we|you|one)\b")
_MAKING: Final = frozenset(["draw", "escalate", "execute", "generate", "invoke", "log", "navigate", "render", "run"])
"""First words of names of tools that act, besides the verbs that are spoken to them."""
_SUM_WORDS: Final = frozenset(
    ["plus", "minus", "times", "divided", "multiplied", "add", "subtract", "multiply", "divide"]
)
_SPEAKERS: Final = ("i ", "we ", "he ", "she ", "they ", "you ")
_SHORT: Final = 5
"""In words: "kitchen lights off" orders without a verb."""


def _is_verb(word: str) -> bool:
    """Whether the first word of a name orders something: ``open_door`` does, ``opening_hours`` does not."""
    return bool(verbs_of([word])) and not word.endswith("ing")


@dataclass(frozen=True, slots=True)
class Tool:
    """A declared function tool.

    Parameters
    ----------
    name, description : str
    parameters : mapping
        Its JSON schema.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]

    @property
    def properties(self) -> dict[str, Mapping[str, Any]]:
        """Its parameters' schemas."""
        found = self.parameters.get("properties")
        return {str(k): v for k, v in found.items() if isinstance(v, Mapping)} if isinstance(found, Mapping) else {}

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the parameters that a call must have."""
        found = self.parameters.get("required")
        names = found if isinstance(found, list | tuple) else ()
        return tuple(name for name in names if isinstance(name, str) and name in self.properties)

    @property
    def acts(self) -> bool:
        """Whether it does something rather than look something up."""
        words = split_name(self.name)
        if not words or words[0] in ("get", "order"):
            return False
        return _is_verb(words[0]) or (words[0] in _MAKING and len(words) > 1)

    def weights(self) -> dict[str, float]:
        """What it is about."""
        words = split_name(self.name)
        # "order_status" is about an order, "order_pizza" is not.
        ordered = words[:1] == ["order"] and "status" in concepts_of(words[1:2])
        nouns = [w for w in words if ordered or not (w is words[0] and _is_verb(w))]
        if not concepts_of(nouns):
            nouns = words
        found: dict[str, float] = {}
        _weigh(found, nouns, _NAME)
        _weigh(found, role_words(self.description), _DESCRIPTION)
        for name, schema in self.properties.items():
            _weigh(found, split_name(name), _PARAMETER)
            _weigh(found, (w for value in _values(schema) for w in role_words(value)), _VALUE)
            _weigh(found, role_words(str(schema.get("description", ""))), _PARAMETER_DESCRIPTION)
        return found


def _weigh(found: dict[str, float], words: Iterable[str], weight: float) -> None:
    for concept in concepts_of(words):
        found[concept] = max(weight, found.get(concept, 0.0))


def _values(schema: Mapping[str, Any]) -> Iterator[str]:
    values = schema.get("enum")
    yield from (value for value in values if isinstance(value, str)) if isinstance(values, list | tuple) else ()


def tools_of(tools: Iterable[Mapping[str, Any]]) -> tuple[Tool, ...]:
    """The function tools among a session's tools.

    Examples
    --------
    >>> [tool.name for tool in tools_of([{"type": "function", "name": "get_weather"}, {"type": "mcp"}])]
    ['get_weather']
    """
    found = []
    for tool in tools:
        name, schema = tool.get("name"), tool.get("parameters")
        if isinstance(name, str) and name and tool.get("type", "function") == "function":
            found.append(Tool(name, str(tool.get("description") or ""), schema if isinstance(schema, Mapping) else {}))
    return tuple(found)


def choose_tool(said: Utterance, tools: Iterable[Tool]) -> Tool | None:
    """The tool that an utterance calls for; of equal ones the one of whose name most is said, else the first.

    Examples
    --------
    >>> tools = tools_of([{"name": "get_weather", "description": "Current weather of a city."}])
    >>> choose_tool(Utterance("Will it rain in Paris?"), tools).name
    'get_weather'
    >>> choose_tool(Utterance("We had lovely weather in Paris."), tools) is None
    True
    """
    spoken = {stem(word) for word in said.plain.split()}
    best: Tool | None = None
    best_score = (0.0, 0)
    for tool in tools:
        score = (_score(said, tool), len(spoken & {stem(word) for word in split_name(tool.name)}))
        if score[0] >= _ENOUGH and score > best_score:
            best, best_score = tool, score
    return best


def _score(said: Utterance, tool: Tool) -> float:
    words = _LEAD.sub("", said.plain)
    spoken = said.plain.split()
    if not spoken or len(spoken) > _MOST_WORDS or _REFUSED.search(words):
        return 0.0
    if _SOCIAL.search(words) or _PERSONAL.search(words):
        return 0.0
    asked = bool(_ASKED.match(words))
    order = _ASKED.sub("", words)
    first = order.split()[:1]
    directive = asked or bool(_WISH.search(said.plain)) or (_orders(first, tool) and not _STATES.match(words))
    question = bool(_QUESTION.match(words)) or said.text.rstrip().endswith("?")
    short = len(words.split()) <= _SHORT and not _TOLD.match(words)
    if tool.acts:
        if _DEFINITION.search(words) or (not directive and not short) or (_HOW_TO.match(words) and not asked):
            return 0.0
        if _QUESTION.match(order) and not asked and not _WISH.search(said.plain):
            return 0.0
        if _ABOUT.search(words) or _MY_OWN.search(words):
            return 0.0
    elif _DEFINITION.search(words) or not (directive or question or short):
        return 0.0
    if (_TOLD.match(words) or words.startswith(_SPEAKERS)) and not directive and not question:
        return 0.0
    if _STATES.match(words) and not directive and not question:
        return 0.0
    if _HOW_DO_I.match(words) and not _explains(tool, spoken):
        return 0.0
    weights = tool.weights()
    sums = _spoken_sums(said)
    present = concepts_of(spoken) | sums | ({"callback"} if re.search(r"\bcall \w+ back\b", said.plain) else set())
    score = sum(weight for concept, weight in weights.items() if concept in present)
    name = split_name(tool.name)
    wanted, offered = verbs_of(first), verbs_of(name) | verbs_of(role_words(tool.description)[:3])
    if wanted & offered and (tool.acts or not verbs_of(name[:1])):
        score += _VERB
    elif wanted and _acting(first) and not wanted & offered and not (concepts_of(first) | sums) & set(weights):
        score -= _NAME
    if first and stem(first[0]) in map(stem, name) and first[0] in tools_data("telling_verbs").split():
        score += _NAME
    return score


def _orders(first: list[str], tool: Tool) -> bool:
    """Whether an utterance begins as an order does: with a verb, or with what the tool is about ("email Bob")."""
    if not first:
        return False
    known = first[0] in tools_data("asking_verbs").split() or bool(verbs_of(first))
    return known or stem(first[0]) in map(stem, split_name(tool.name))


def _explains(tool: Tool, spoken: list[str]) -> bool:
    """Whether a tool tells how something is done: manuals, the web, the way; or what was said is in its name."""
    words = [word for word in split_name(tool.name) if word not in tools_data("asking_verbs").split()]
    about = concepts_of(words)
    return not about or bool(about & {"knowledge", "search", "route"} or set(map(stem, words)) & set(map(stem, spoken)))


def _acting(first: list[str]) -> bool:
    return bool(first) and first[0] not in tools_data("asking_verbs").split() and not is_empty(first[0])


def _spoken_sums(said: Utterance) -> set[str]:
    """Signs that stand for sums."""
    signs = re.search(r"\d\s*[-+*/×÷^]\s*\d|\d\s*x\s*\d|\d\s*%", said.text)
    return (
        {"calculate"} if signs or (_SUM_WORDS & set(said.plain.split()) and len(numbers_in(said.text)) > 1) else set()
    )
