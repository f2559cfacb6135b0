"""What asides are mostly asked for: a label, a verdict, and a turn as the model itself heard it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pybase64

from rtnb.errors import ConfigError
from rtnb.pricing import transcription_cost
from rtnb.session.conversation.reading import parts
from rtnb.session.conversation.state import ItemState
from rtnb.session.verbs.aside import Aside
from rtnb.session.verbs.aside_input import About, turn_state
from rtnb.session.verbs.aside_result import UNSURE, AsideResult, Label, ModelTranscript, Moderation
from rtnb.session.verbs.prompts import aside_prompt, filled
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import TurnView

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["classify", "moderate", "transcribe"]

INAUDIBLE = "[inaudible]"

_YES, _NO = ("true", "yes", "flagged", "unsafe"), ("false", "no", "safe", "ok")


async def classify(
    aside: Aside,
    labels: Sequence[str] | Mapping[str, str],
    about: About | Iterable[About] | None = None,
    *,
    more: str = "",
    template: str | None = None,
    **options: Any,
) -> Label:
    """Have the model sort the conversation, a turn or a text under one of some labels.

    Parameters
    ----------
    aside : Aside
    labels : sequence of str, or mapping of label to what it means
        Two at least. The answer is one of them, spelled as here, or ``"unsure"``: where none fits, where the answer is
        no label, and where the response failed.
    about : About or iterable of About, optional
        What to classify; the whole conversation where None.
    more : str
        More to tell the model, such as what the labels are for.
    template : str, optional
        In place of ``aside_prompt("classify")``, with ``{{labels}}`` and ``{{more}}``.
    **options
        As for an aside: ``timeout``, ``max_output_tokens``, ``metadata`` ...

    Raises
    ------
    ConfigError
        The labels are fewer than two, not distinct, or no text.
    """
    meanings = _labels(labels)
    listed = "\n".join(f"- {label}: {what}" if what else f"- {label}" for label, what in meanings.items())
    text = filled(template or aside_prompt("classify"), {"labels": listed, "more": more})
    result = await aside.run(text, about, **options)
    return _label(result, tuple(meanings))


async def moderate(
    aside: Aside,
    about: About | Iterable[About] | None = None,
    *,
    policy: str | Sequence[str] | None = None,
    more: str = "",
    template: str | None = None,
    **options: Any,
) -> Moderation:
    """Have the model check the conversation, a turn or a text against a policy.

    Parameters
    ----------
    aside : Aside
    about : About or iterable of About, optional
        What to check; the whole conversation where None.
    policy : str or sequence of str, optional
        What is forbidden, as a text or line by line; ``aside_prompt("policy")`` where None.
    more : str
        More to tell the model.
    template : str, optional
        In place of ``aside_prompt("moderate")``, with ``{{policy}}`` and ``{{more}}``.
    **options
        As for an aside.
    """
    lines = aside_prompt("policy") if policy is None else policy
    if not isinstance(lines, str):
        lines = "\n".join(f"- {line}" for line in lines)
    text = filled(template or aside_prompt("moderate"), {"policy": lines, "more": more})
    return _verdict(await aside.run(text, about, **options))


async def transcribe(
    aside: Aside,
    core: Core,
    turn: Turn | TurnView | str | None = None,
    *,
    context: bool = False,
    more: str = "",
    template: str | None = None,
    **options: Any,
) -> ModelTranscript:
    """Have the model itself write down what the user said, beside what the session's transcription heard.

    The session's transcription is another, cheaper model; what it writes need not be what the answering model heard.

    Parameters
    ----------
    aside, core
    turn : Turn, or id of an item with audio, optional
        The last turn that was spoken where None.
    context : bool
        Whether the model is given the conversation up to that turn, which helps with names and costs accordingly, or
        that turn's audio alone.
    more : str
        More to tell the model, such as how numbers are written.
    template : str, optional
        In place of ``aside_prompt("transcribe")``, with ``{{more}}``.
    **options
        As for an aside.

    Raises
    ------
    ConfigError
        There is no such audio.
    """
    item = _spoken(core, turn)
    order = list(core.talk.order)
    before = order[: order.index(item.id)] if context and item.id in order else []
    kept = [i for i in before if (known := core.talk.items.get(i)) is not None and known.type == "message"]
    text = filled(template or aside_prompt("transcribe"), {"more": more})
    given: list[About] = [{"type": "item_reference", "id": item_id} for item_id in kept]
    given.append(_audio(core, item))
    result = await aside.run(text, given, **options)
    heard = core.talk.transcription_usage.get(item.id)
    day = datetime.fromtimestamp(core.log.start_wall_s, UTC).date()
    said = result.text.strip().strip('"“”').strip()
    return ModelTranscript(
        text="" if said.lower() == INAUDIBLE else said,
        built_in=item.transcript,
        built_in_cost=None if heard is None else transcription_cost(heard[1], heard[0], day),
        item_id=item.id,
        result=result,
    )


def _labels(labels: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    if isinstance(labels, str) or not isinstance(labels, Sequence | Mapping):
        raise ConfigError(f"labels are a list of texts, or a mapping of each to what it means, not {labels!r:.80}.")
    found = dict(labels) if isinstance(labels, Mapping) else dict.fromkeys(labels, "")
    wrong = next((each for each in (*found, *found.values()) if not isinstance(each, str)), None)
    if wrong is not None or not all(label.strip() and "\n" not in label for label in found):
        raise ConfigError(f"A label is a text on one line that is not empty; these are: {list(found)!r:.200}.")
    if len({label.strip().casefold() for label in found}) != len(labels) or len(found) < 2:
        raise ConfigError(f"classify needs two labels at least, all different; these are: {list(labels)!r:.200}.")
    return {label.strip(): what.strip() for label, what in found.items()}


def _label(result: AsideResult, labels: tuple[str, ...]) -> Label:
    if not result.ok:
        return Label(UNSURE, reason=f"the response is {result.status}: {result.status_reason}", result=result)
    data, reason, answer = result.data, "", result.text
    if isinstance(data, Mapping):
        reason = str(data.get("reason") or "")
        answer = str(data.get("label") or next((v for v in data.values() if isinstance(v, str)), ""))
    plain = _plain(answer)
    named = next((label for label in labels if _plain(label) == plain), None)
    if named is None and plain != UNSURE and len(plain.split()) <= 12:
        # A label in a sentence counts where it is the only one.
        within = [label for label in labels if re.search(rf"(?<!\w){re.escape(_plain(label))}(?!\w)", plain)]
        named = within[0] if len(within) == 1 else None
    if named is not None:
        return Label(named, reason=reason, result=result)
    if plain != UNSURE:
        reason = f"the answer is none of the labels: {answer[:200]!r}"
    return Label(UNSURE, reason=reason, result=result)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\"'“”‘’`*_.,:;!?()\[\]{}-]+", " ", text).casefold().split())


def _verdict(result: AsideResult) -> Moderation:
    data = result.data
    if result.ok and isinstance(data, Mapping) and isinstance(data.get("flagged"), bool):
        category = data.get("category")
        return Moderation(
            flagged=data["flagged"],
            category=str(category) if category else None,
            reason=str(data.get("reason") or ""),
            result=result,
        )
    said = str(data.get("flagged")) if isinstance(data, Mapping) else result.text
    first = _plain(said).split()[:1] if result.ok else []
    if first and first[0] in (*_YES, *_NO):
        reason = result.text.partition(":")[2].strip() or result.text
        return Moderation(flagged=first[0] in _YES, reason=reason, result=result)
    why = f"the answer is no verdict: {result.text[:200]!r}" if result.ok else f"the response is {result.status}"
    return Moderation(flagged=True, reason=why, decided=False, result=result)


def _audio(core: Core, item: ItemState) -> Mapping[str, Any]:
    """The item, or its audio where it has left the conversation, as after a summary."""
    if item.id in core.talk.order or item.input_bytes is None:
        return {"type": "item_reference", "id": item.id}
    start, end = item.input_bytes
    data = pybase64.b64encode(core.log.stores["sent"].read(start, end - start)).decode("ascii")
    return {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": data}]}


def _spoken(core: Core, turn: Turn | TurnView | str | None) -> ItemState:
    """The item with the audio that is meant."""
    talk = core.talk

    def audible(item_id: str) -> bool:
        item = talk.items.get(item_id)
        if item is None or item.role != "user":
            return False
        spoken = any(part.get("type") == "input_audio" for part in parts(item.wire))
        return item.input_bytes is not None or (spoken and not item.deleted)

    if isinstance(turn, str):
        if not audible(turn):
            raise ConfigError(f"There is no item {turn!r} with audio of the user's in this session.")
        return talk.items[turn]
    if turn is None:
        found = [item_id for state in talk.turns for item_id in state.user_items if audible(item_id)]
        if not found:
            raise ConfigError("Nobody has spoken yet: transcribe is about a turn with audio.")
        return talk.items[found[-1]]
    state = turn_state(turn, talk)
    found = [item_id for item_id in state.user_items if audible(item_id)]
    if not found:
        raise ConfigError(f"Turn {state.index} was typed: there is no audio to transcribe.")
    return talk.items[found[-1]]
