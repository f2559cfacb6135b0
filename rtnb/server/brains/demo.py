"""The demo brain: deterministic, free, and honest about what it is.

It is a list of skills, asked in order. The same request always gets the same answer, which makes
demonstrations repeatable and tests possible.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from rtnb.server.brains.arithmetic import answer_arithmetic
from rtnb.server.brains.base import BrainRequest, Message, Piece, Say
from rtnb.server.brains.brevity import wants_brevity
from rtnb.server.brains.counting import answer_counting
from rtnb.server.brains.data import section
from rtnb.server.brains.fallback import answer_anyhow
from rtnb.server.brains.faq import answer_question
from rtnb.server.brains.geography import answer_geography
from rtnb.server.brains.memory import answer_name
from rtnb.server.brains.orders import answer_unprompted
from rtnb.server.brains.persona import persona_of
from rtnb.server.brains.repeating import answer_repeating
from rtnb.server.brains.seeing import described
from rtnb.server.brains.skill import Answer, Skill, Utterance
from rtnb.server.brains.smalltalk import answer_small_talk
from rtnb.server.brains.spelling import answer_spelling
from rtnb.server.brains.story import answer_story
from rtnb.server.brains.tasks import answer_recap, answer_task
from rtnb.server.brains.tool_use import answer_with_tools
from rtnb.server.brains.unknowable import answer_unknowable
from rtnb.server.brains.words import is_speech, parts

__all__ = ["DemoBrain"]

_SKILLS: tuple[Skill, ...] = (
    answer_spelling,
    answer_counting,
    answer_arithmetic,
    answer_name,
    answer_recap,
    answer_story,
    answer_small_talk,
    answer_question,
    answer_geography,
    answer_unknowable,
)
_MOST_ANSWERS = 2
_NO_ORDER = ("greeting", "continue")
_REQUEST = re.compile(
    r"^(?!\W*(?:you|your|if|when|always|never|do not|don't|be|act|speak|respond|answer|reply)\b)"
    r"(?:.*\?\s*$|(?:please )?(?:what|who|where|when|how|why|which|tell me|explain|describe|calculate)\b)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_REQUEST = 40
"""In words: a longer system message instructs."""
_LEADS = ("greeting", "thanks", "name-told")
"""Small talk that is returned before the answer to a question."""


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

    async def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Stream the answer, one :class:`Say` a sentence, then its tool calls."""
        answer = self.answer(request)
        for number, sentence in enumerate(answer.sentences, start=1):
            yield Say(sentence if number == len(answer.sentences) else f"{sentence} ")
        for call in answer.calls:
            yield call

    def answer(self, request: BrainRequest) -> Answer:
        """The whole answer at once, with the intent that it was taken from."""
        if task := answer_task(request):
            return task
        first = not any(message.role == "assistant" for message in request.messages)
        return persona_of(request).shaped(_answer(request), first=first)


def _answer(request: BrainRequest) -> Answer:
    called = answer_with_tools(request)
    if called is not None and (called.calls or not any(map(_is_known, request.messages[-1:]))):
        return called
    brief = wants_brevity(request)
    last = request.messages[-1] if request.messages else None
    if last is None or last.role != "user":
        answer = answer_unprompted(request)
        if last is not None and last.role == "system" and answer.intent in _NO_ORDER and _asks(last.text):
            return _heard(last, request, brief)
        return answer.cut() if brief else answer
    return _unheard(last, request) or _heard(last, request, brief)


def _is_known(message: Message) -> bool:
    """Whether there is an answer without a tool that would have to ask back first."""
    return answer_question(Utterance(message.text, heard=message.heard)) is not None


def _asks(text: str) -> bool:
    """Whether a system message reads like something that a user says, as some clients send those."""
    return len(text.split()) <= _LONGEST_REQUEST and _REQUEST.match(text) is not None


def _unheard(message: Message, request: BrainRequest) -> Answer | None:
    """What to say to a message that holds no words, or that nobody could hear."""
    texts = section("unheard")
    if message.heard and not request.can_hear:
        spoken = "audio" in request.modalities and request.can_speak
        return Answer("cannot-hear", tuple(texts["no_recognizer_spoken" if spoken else "no_recognizer"]))
    if is_speech(message.text):
        return None
    if message.images:
        return Answer("image", (described(message.images),))
    return Answer("unheard", (texts["nothing" if message.heard else "nothing_typed"],))


def _heard(message: Message, request: BrainRequest, brief: bool) -> Answer:
    said = Utterance(message.text, heard=message.heard)
    before = (Message(role="system", text=request.instructions), *request.messages[:-1])
    answer = answer_repeating(said, before) or _missing(said, request) or _understood(said, before, brief)
    if message.images and answer.intent != "faq:image-price":
        sentences = (described(message.images), *answer.sentences)
        return Answer(answer.intent, sentences, whole=answer.whole)
    return answer


def _missing(said: Utterance, request: BrainRequest) -> Answer | None:
    """What is not installed, when somebody asks."""
    texts = section("missing")
    if not re.search(texts["asked"], said.plain):
        return None
    return Answer("missing", request.missing or tuple(texts["nothing"]), whole=True)


def _understood(said: Utterance, before: tuple[Message, ...], brief: bool) -> Answer:
    """What the skills make of the sentences of an utterance, or of all of it."""
    facts: list[Answer] = []
    social: list[Answer] = []
    lead: tuple[str, ...] = ()
    unknown: list[str] = []
    told = before
    for text in parts(said.text):
        answer = _first_answer(Utterance(text, heard=said.heard), told)
        told = (*told, Message(role="user", text=text, heard=said.heard))
        if answer is None:
            unknown.append(text)
        elif answer.social:
            social.append(answer)
            if answer.intent in _LEADS and not facts and (not lead or answer.intent == "name-told"):
                lead = answer.sentences[:1]
        elif answer not in facts:
            facts.append(answer)
    if unknown and not facts:
        whole = _first_answer(said, before)
        rest = Utterance(" ".join(unknown), heard=said.heard)
        facts.append(whole if whole and not whole.social else answer_anyhow(rest, before))
    if not facts:
        polite = _joined(lead if len(social) > 1 else (), social[-1:])
        return polite.cut() if brief else polite
    facts = facts[:_MOST_ANSWERS]
    return _joined((), [fact.cut() for fact in facts]) if brief else _joined(lead, facts)


def _first_answer(said: Utterance, before: tuple[Message, ...]) -> Answer | None:
    return next((answer for skill in _SKILLS if (answer := skill(said, before))), None)


def _joined(lead: tuple[str, ...], answers: list[Answer]) -> Answer:
    sentences = (line for answer in answers for line in answer.sentences if line not in lead)
    return Answer(answers[0].intent, (*lead, *sentences), whole=any(answer.whole for answer in answers))
