"""The demo brain: deterministic, free, and honest about what it is.

It is a list of skills, asked in order. The same request always gets the same answer, which makes demonstrations
repeatable and tests possible.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from rtnb.server.brains.arithmetic import answer_arithmetic
from rtnb.server.brains.base import BrainRequest, Call, Message, Say
from rtnb.server.brains.counting import answer_counting
from rtnb.server.brains.data import section
from rtnb.server.brains.fallback import answer_anyhow
from rtnb.server.brains.faq import answer_question
from rtnb.server.brains.memory import answer_name
from rtnb.server.brains.repeating import answer_repeating
from rtnb.server.brains.skill import Answer, Skill, Utterance
from rtnb.server.brains.smalltalk import answer_small_talk, greeting
from rtnb.server.brains.spelling import answer_spelling
from rtnb.server.brains.story import answer_story
from rtnb.server.brains.unknowable import answer_unknowable
from rtnb.server.brains.words import is_speech, parts, plain

__all__ = ["DemoBrain"]

_WHOLE: tuple[Skill, ...] = (answer_repeating,)
"""Skills that take the utterance as it is; the others see its sentences one by one."""
_SKILLS: tuple[Skill, ...] = (
    answer_spelling,
    answer_counting,
    answer_arithmetic,
    answer_name,
    answer_story,
    answer_small_talk,
    answer_question,
    answer_unknowable,
)
_MOST_ANSWERS = 2
_LONGEST_OUTPUT = 200
_BRIEF = re.compile(
    r"(?<!not )(?<!never )(?<!nt )\b(?:brief|briefly|concise|concisely|terse|tersely|succinct|succinctly"
    r"|(?:one|a single|1) (?:short )?sentence|short (?:answer|answers|reply|replies|sentence|sentences|response|responses)"
    r"|(?:be|keep \w+(?: \w+)?|answer|speak|reply) (?:very )?short)\b"
)
_BRIEF_PLEASE = re.compile(r"^(?:\w+ ){0,3}(?:be|keep|answer|reply|speak)\b.{0,60}$")
_GREET = re.compile(
    r"^(?:please |first |then |always |start by |begin by |you should |now )*"
    r"(?:greet(?:ing)?|welcome|welcoming|say(?:ing)? (?:hello|hi) to) (?:the |your )?(?:user|caller|customer|visitor|guest|person)s?\b"
)
_QUOTED = re.compile(r"[\"“'‘](?P<words>[^\"“”]{2,300}?)[\"”'’](?=\W|$)")


class DemoBrain:
    """rtnb's own brain, made of rules and a data file.

    Examples
    --------
    >>> from rtnb.server.brains import BrainRequest, DemoBrain, Message
    >>> question = Message(role="user", text="What is twelve times seven?", heard=True)
    >>> DemoBrain().answer(BrainRequest(messages=(question,))).sentences
    ('12 times 7 is 84.',)
    """

    name = "demo"

    async def reply(self, request: BrainRequest) -> AsyncIterator[Say | Call]:
        """Stream the answer, one :class:`Say` a sentence."""
        *first, last = self.answer(request).sentences
        for sentence in first:
            yield Say(f"{sentence} ")
        yield Say(last)

    def answer(self, request: BrainRequest) -> Answer:
        """The whole answer at once, with the intent that it was taken from."""
        answer = _answer(request)
        brief = not answer.whole and _wants_brevity(request)
        return Answer(answer.intent, answer.sentences[:1]) if brief else answer


def _answer(request: BrainRequest) -> Answer:
    last = request.messages[-1] if request.messages else None
    if last is None or last.role != "user":
        return _unprompted(request)
    said = Utterance(last.text, heard=last.heard)
    unheard = section("unheard")
    if last.heard and not request.can_hear:
        spoken = "audio" in request.modalities and request.can_speak
        return Answer("cannot-hear", tuple(unheard["no_recognizer_spoken" if spoken else "no_recognizer"]))
    if not is_speech(said.text):
        if last.images:
            return Answer("image", (unheard["image"],))
        return Answer("unheard", (unheard["nothing" if last.heard else "nothing_typed"],))
    answer = _understood(said, request.messages[:-1]) or answer_anyhow(said, request.messages[:-1])
    if last.images and answer.intent != "faq:image-price":
        return Answer(answer.intent, (unheard["image"], *answer.sentences), whole=answer.whole)
    return answer


def _understood(said: Utterance, before: tuple[Message, ...]) -> Answer | None:
    """What the skills make of an utterance: of all of it, or of its sentences."""
    for skill in _WHOLE:
        if answer := skill(said, before):
            return answer
    found: dict[str, Answer] = {}
    unknown: list[str] = []
    for text in parts(said.text):
        # A name told in one sentence is known in the next.
        answer = _first_answer(Utterance(text, heard=said.heard), before)
        if answer is None:
            unknown.append(text)
        else:
            found.setdefault(answer.intent, answer)
        before = (*before, Message(role="user", text=text, heard=said.heard))
    facts = [answer for answer in found.values() if not answer.social][:_MOST_ANSWERS]
    social = [answer for answer in found.values() if answer.social]
    if not facts and unknown:
        whole = _first_answer(said, before)
        if whole is not None and not whole.social:
            facts = [whole]
    if not facts and unknown:
        lead = social[0].sentences[:1] if social and social[0].intent == "greeting" else ()
        rest = answer_anyhow(Utterance(" ".join(unknown), heard=said.heard), before[: -len(parts(said.text))])
        return Answer("fallback", (*lead, *rest.sentences))
    lead = social[0].sentences[:1] if social and social[0].intent in ("greeting", "thanks") else ()
    if not facts and social:
        last = social[-1]
        return Answer(last.intent, last.sentences if len(social) == 1 else (*lead, *last.sentences))
    if not facts:
        return None
    sentences = tuple(line for answer in facts for line in answer.sentences)
    return Answer(facts[0].intent, (*lead, *sentences), whole=any(answer.whole for answer in facts))


def _first_answer(said: Utterance, before: tuple[Message, ...]) -> Answer | None:
    return next((answer for skill in _SKILLS if (answer := skill(said, before))), None)


def _unprompted(request: BrainRequest) -> Answer:
    """A response that was asked for without the user having said something new."""
    messages = request.messages
    last = messages[-1] if messages else None
    texts = section("continue")
    if last is not None and last.role == "tool":
        output = " ".join(last.text.split())[:_LONGEST_OUTPUT] or "nothing"
        return Answer("tool-output", (texts["after_tool"].replace("{output}", output),), whole=True)
    orders = [last.text] if last is not None and last.role == "system" else [request.instructions]
    for order in orders:
        if answer := _ordered(order, messages):
            return answer
    if any(message.role in ("user", "assistant") for message in messages):
        return Answer("continue", tuple(texts["after_answer"]))
    return greeting("", messages)


def _ordered(order: str, messages: tuple[Message, ...]) -> Answer | None:
    """Follow a simple order of the system: greet the user, say something, count, tell the story."""
    for text in parts(order):
        said = Utterance(text)
        if _GREET.match(said.plain):
            words = _QUOTED.search(text)
            return Answer("greeting", (words["words"],)) if words else greeting(said.plain, messages)
        for skill in (answer_repeating, answer_spelling, answer_counting, answer_story):
            if answer := skill(said, messages):
                return answer
    return None


def _wants_brevity(request: BrainRequest) -> bool:
    systems = [request.instructions, *(m.text for m in request.messages if m.role == "system")]
    users = [plain(m.text) for m in request.messages if m.role == "user"]
    return any(_BRIEF.search(plain(text)) for text in systems) or any(
        _BRIEF_PLEASE.match(text) and _BRIEF.search(text) for text in users
    )
