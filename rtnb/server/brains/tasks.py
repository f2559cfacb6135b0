"""The tasks that an out-of-band response may set the demo brain: transcribe, sum up, sort, check.

They are done by modest means, recognised words, word lists and the conversation's own sentences, so that a notebook
that asks for them runs without a key. A style that the instructions ask for besides is passed over in silence.
"""

from __future__ import annotations

import re

from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.classifying import classified
from rtnb.server.brains.moderating import verdict_on
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.summarising import SPOKEN_TOKENS, summary_of
from rtnb.server.brains.task_order import Order, about_of, in_form, order_of

__all__ = ["INAUDIBLE", "answer_recap", "answer_task"]

_RECAP = re.compile(
    r"\b(?:summar(?:ise|ize|y of)|recap|sum up) (?:\w+ )?(?:our|the|this) (?:\w+ )?"
    r"(?:conversation|talk|discussion|chat)\b"
    r"|\b(?:summar(?:ise|ize)|recap|sum up) what (?:we|i)\b"
    r"|^what (?:did we|have we) (?:talk|talked|discuss|discussed)\b"
)

INAUDIBLE = "[inaudible]"
"""What a transcription says of audio without words."""


def answer_task(request: BrainRequest) -> Answer | None:
    """Do what an out-of-band response asks for; None where it asks for nothing of the kind.

    Examples
    --------
    >>> talk = (Message(role="user", text="What is server VAD?", heard=True),)
    >>> order = "Transcribe the user's latest turn word for word."
    >>> answer_task(BrainRequest(messages=talk, instructions=order, in_conversation=False)).sentences
    ('What is server VAD?',)
    """
    order = order_of(request)
    if order is None:
        return None
    match order.task:
        case "transcribe":
            text = _transcript(order)
            return _whole("transcript", in_form(order, {"transcript": text}, text))
        case "classify":
            if (found := classified(order.text, order.about)) is None:
                return None
            members = {"label": found.label, "reason": found.reason, "confidence": found.confidence}
            return _whole("classification", in_form(order, members, found.label))
        case "moderate":
            verdict = verdict_on(order.about)
            said = f"{'yes' if verdict.flagged else 'no'}: {verdict.reason}"
            flag = {"flagged": verdict.flagged, "category": verdict.category or None, "reason": verdict.reason}
            return _whole("moderation", in_form(order, flag, said))
        case "summarise":
            spoken = "audio" in request.modalities and request.can_speak
            lines = summary_of(order.about, order.text, most_tokens=request.max_output_tokens, spoken=spoken)
            if order.wants_json:
                return _whole("summary", in_form(order, {"summary": " ".join(lines)}, ""))
            return Answer("summary", lines, whole=True)


def answer_recap(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Sum the conversation up for a user who asks for it, in the conversation itself.

    Examples
    --------
    >>> talk = (Message(role="user", text="What is server VAD?"), Message(role="assistant", text="It listens."))
    >>> answer_recap(Utterance("What did we talk about?"), talk).sentences
    ('You asked: “What is server VAD?”', 'I answered: “It listens.”')
    """
    if not _RECAP.search(said.plain):
        return None
    # What comes first are the instructions.
    said_before = before[1:] if before and before[0].role == "system" else before
    # Whether it will be said is not known here; half a minute is enough to read, too.
    lines = summary_of(tuple(about_of(said_before)), most_tokens=SPOKEN_TOKENS)
    turned = [line.replace("The user's", "Your").replace("The user", "You") for line in lines]
    return Answer("recap", tuple(line.replace("The assistant", "I") for line in turned), whole=True)


def _transcript(order: Order) -> str:
    """What the user said last, aloud if they did; all of it where the order is about the whole conversation."""
    spoken = [said for said in order.about if said.role == "user" and said.heard]
    if not spoken:
        spoken = [said for said in order.about if said.role == "user"]
    everything = any(
        words in order.text.lower() for words in ("whole conversation", "entire conversation", "all turns")
    )
    texts = [said.text for said in (spoken if everything else spoken[-1:]) if said.text]
    return "\n".join(texts) or INAUDIBLE


def _whole(intent: str, text: str) -> Answer:
    return Answer(intent, (text,), whole=True)
