"""Which part of a conversation is old, and the message that takes its place: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rtnb.protocol.ids import new_id
from rtnb.session.conversation.formats import named
from rtnb.session.conversation.reading import parts, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState
from rtnb.tokens import ModalityCount, item_tokens

__all__ = [
    "INSTRUCTIONS",
    "SUMMARY_PREFIX",
    "exchanges",
    "is_summary",
    "old_items",
    "plain_text",
    "summary_item",
    "tokens_of",
]

SUMMARY_PREFIX: Final = "summary_"
"""Of the ids of summaries, so that they are known again in a recording as well."""

INSTRUCTIONS: Final = (
    "Summarise the conversation above for somebody who goes on with it and has not heard it. Keep names, numbers, "
    "dates, decisions, what was asked for, what is still open, and how the user wants to be spoken to. Leave out "
    "greetings. Write in the language of the conversation, in one paragraph, and nothing else."
)
"""What the model is asked for. The recipe (old turns become one message at the place of the first, the latest stay as
they are, the old items are deleted) is that of the public notebook "Context Summarization with Realtime API" in the
OpenAI cookbook; the words are rtnb's."""

HEAD: Final = "Summary of the conversation so far:\n"

Json = dict[str, Any]


def is_summary(item_id: str) -> bool:
    """Whether an item is a summary that rtnb has made.

    Examples
    --------
    >>> is_summary("summary_abc"), is_summary("item_abc")
    (True, False)
    """
    return item_id.startswith(SUMMARY_PREFIX)


def summary_item(text: str) -> Json:
    """The message that stands for old turns.

    It is a system message: of an assistant's text message a model takes that answers are text, and answers in text
    itself where speech is wanted (source: the same notebook, whose authors have seen it in tests; the same is reported
    of histories, openai/openai-realtime-api-beta issue 72).

    Examples
    --------
    >>> summary_item("They talked about tea.")["role"]
    'system'
    """
    item_id = SUMMARY_PREFIX + new_id("item").partition("_")[2]
    content = [{"type": "input_text", "text": HEAD + text.strip()}]
    return {"id": item_id, "type": "message", "role": "system", "content": content}


def exchanges(talk: Conversation) -> list[list[str]]:
    """The conversation cut into turns: each begins with what the user says, and has the answers and tools after it.

    System messages are in none of them, since they are orders that go on being meant; summaries are, since the next
    summary takes them in.
    """
    cut: list[list[str]] = []
    answered = True
    for item_id in talk.order:
        item = talk.items.get(item_id) or ItemState(item_id)
        if item.role == "system" and not is_summary(item_id):
            continue
        asks = item.role == "user"
        if (asks and answered) or not cut:
            cut.append([])
        answered = not asks
        cut[-1].append(item_id)
    return cut


def old_items(talk: Conversation, keep_turns: int) -> list[str]:
    """Items of all turns but the last `keep_turns`, oldest first; nothing that is still going on.

    A tool call goes with its output or not at all. Where there is nothing but a summary, nothing is old.
    """
    cut = exchanges(talk)
    old = [item_id for one in cut[: max(0, len(cut) - keep_turns)] for item_id in one]
    busy = {item_id for response in talk.open_responses.values() for item_id in response.items}
    wires = {item_id: talk.items[item_id].wire for item_id in talk.order if item_id in talk.items}
    here, there = _calls(wires, old), _calls(wires, [item_id for item_id in wires if item_id not in set(old)])
    split = {call_id for call_id, kinds in here.items() if kinds != {"function_call", "function_call_output"}}
    split |= here.keys() & there.keys()
    kept = [
        item_id for item_id in old if item_id not in busy and wires.get(item_id, {}).get("call_id", None) not in split
    ]
    return [] if all(map(is_summary, kept)) else kept


def _calls(wires: dict[str, Json], ids: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item_id in ids:
        wire = wires.get(item_id, {})
        if (kind := wire.get("type")) in ("function_call", "function_call_output"):
            found.setdefault(string(wire.get("call_id")), set()).add(kind)
    return found


def plain_text(talk: Conversation, ids: Sequence[str]) -> str:
    """What items say, a line for each, with who says it.

    Examples
    --------
    >>> plain_text(Conversation(), ["item_1"])
    ''
    """
    lines = []
    for item_id in ids:
        item = talk.items.get(item_id)
        if item is None:
            continue
        match item.wire.get("type"):
            case "function_call":
                who, said = "tool call", f"{string(item.wire.get('name'))}({string(item.wire.get('arguments'))})"
            case "function_call_output":
                who, said = "tool output", string(item.wire.get("output"))
            case _:
                who, said = item.role or item.type, item.transcript or "".join(item.text)
        if said.strip():
            lines.append(f"{who}: {' '.join(said.split())}")
    return "\n".join(lines)


def tokens_of(talk: Conversation, ids: Iterable[str]) -> int:
    """About how many tokens items are as context."""
    total = ModalityCount()
    for item_id in ids:
        item = talk.items.get(item_id)
        if item is None:
            continue
        wire: Json = {"type": item.type, "role": item.role, **item.wire}
        wire["content"] = parts(wire)
        audio_ms = item.audio_ms
        if item.truncated_ms is not None:
            audio_ms = min(audio_ms, item.truncated_ms)
        if item.input_bytes is not None:
            audio_ms = (item.input_bytes[1] - item.input_bytes[0]) / named(item.input_format).bytes_per_ms
        total += item_tokens(wire, audio_ms=int(audio_ms))
    return total.total
