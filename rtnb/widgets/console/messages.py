"""What somebody said or typed, as a row: its words so far, its sound, and what became of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import pybase64

from rtnb.protocol.images import image_size
from rtnb.session.conversation.reading import parts, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, ResponseState

__all__ = ["TEXT_CHARS", "heard_chars", "image_data", "message_row", "words_of"]

TEXT_CHARS: Final = 20_000
"""More of one message is not sent to a page by itself."""

CHARS_PER_S: Final = 15.0
"""Of speech, about (own measure of the local voices: 13 to 17); for words whose sound has not all arrived."""

HEAD_BYTES: Final = 65_536
"""The size of a picture stands within this; of a JPEG with a large preview in front of it, it may not."""

_REASONS: Final[Mapping[str, str]] = {
    "turn_detected": "interrupted by speech",
    "client_cancelled": "stopped",
    "max_output_tokens": "cut off at max_output_tokens",
    "content_filter": "stopped by the content filter",
}


def message_row(item: ItemState, response: ResponseState | None, talk: Conversation, *, now_s: float) -> dict[str, Any]:
    """The row of a message; of its place and its fate on the server it says nothing.

    Parameters
    ----------
    item : ItemState
    response : ResponseState or None
        What brought it, of the assistant's.
    talk : Conversation
    now_s : float
        On the session's clock.
    """
    who = item.role or ("assistant" if response is not None else "user")
    if who == "assistant":
        row = _answer(item, response)
    else:
        row = _said(item, talk) if who == "user" else {"streaming": False, "spoken": False}
    text = words_of(item)
    shown = text[:TEXT_CHARS]
    if len(text) > TEXT_CHARS:
        row["cut"] = len(text) - TEXT_CHARS
    if row.get("heard_chars") is not None:
        row["heard_chars"] = min(row["heard_chars"], len(shown))
    return {"kind": "message", "who": who, "text": shown, "note": "", "tone": "", **row, **_images(item)}


def words_of(item: ItemState) -> str:
    """What was typed, said or written, as far as it is known."""
    if item.role == "assistant" or (item.pieces and not item.role):
        return "".join(item.text)
    heard = item.partial if item.transcript is None else item.transcript
    return " ".join(piece for piece in (*item.text, heard) if piece).strip()


def heard_chars(text: str, heard_s: float, audio_s: float) -> int:
    """About how many characters of an answer had sounded, up to the end of a word.

    Examples
    --------
    >>> text = "It is sunny in Lisbon, and warm."
    >>> text[: heard_chars(text, 1.0, 2.0)]
    'It is sunny in'
    >>> heard_chars(text, 2.0, 2.0) == len(text), heard_chars(text, 0.0, 2.0)
    (True, 0)
    """
    whole_s = max(audio_s, len(text) / CHARS_PER_S if audio_s < heard_s else audio_s)
    if not text or whole_s <= 0 or heard_s >= whole_s:
        return len(text) if whole_s > 0 and heard_s >= whole_s else 0
    near = round(len(text) * heard_s / whole_s)
    if near <= 0:
        return 0
    end = text.find(" ", max(0, near - 3))
    return end if 0 <= end <= near + 3 else text.rfind(" ", 0, near) if " " in text[:near] else 0


def image_data(item: ItemState, index: int) -> tuple[str, bytes] | None:
    """Kind and bytes of a picture in a message; None where there is none, or only an address of one.

    Examples
    --------
    >>> part = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0K"}
    >>> image_data(ItemState("i", wire={"content": [{"type": "input_text", "text": "?"}, part]}), 1)
    ('image/png', b'\\x89PNG\\r\\n')
    """
    found = parts(item.wire)
    if not 0 <= index < len(found) or found[index].get("type") != "input_image":
        return None
    head, comma, text = string(found[index].get("image_url")).partition(",")
    if not comma or not head.startswith("data:image/"):
        return None
    try:
        return head[5:].partition(";")[0], pybase64.b64decode(text)
    except ValueError:
        return None


def _answer(item: ItemState, response: ResponseState | None) -> dict[str, Any]:
    streaming = response is not None and not response.over
    audio_s = item.audio_ms / 1000
    spoken = bool(item.audio)
    row: dict[str, Any] = {"streaming": streaming, "spoken": spoken, "replayable": spoken and not streaming}
    if spoken:
        row["audio_s"] = round(audio_s, 2)
    if item.heard_s is not None:
        heard_s = min(item.heard_s, audio_s)
        row |= {"heard_s": round(heard_s, 2), "heard_chars": heard_chars("".join(item.text), heard_s, audio_s)}
    note, tone = "", ""
    if response is not None and response.over and response.status != "completed":
        note = response.error or _REASONS.get(response.reason, response.reason) or response.status
        tone = "bad" if response.status == "failed" else "warn"
        if response.status == "failed":
            note = f"failed: {note}"
    if item.heard_s is not None:
        note = note if response is not None and response.reason == "turn_detected" else "interrupted"
        note, tone = f"{note}: {row['heard_s']:.1f} s of {audio_s:.1f} s heard", "warn"
    return {**row, "note": note, "tone": tone}


def _said(item: ItemState, talk: Conversation) -> dict[str, Any]:
    spans = talk.spans_of.get(item.id, [])
    spoken = bool(item.given) or item.input_bytes is not None or bool(spans)
    row: dict[str, Any] = {"streaming": False, "spoken": spoken, "note": "", "tone": ""}
    if not spoken:
        return row
    if item.committed_s is None and spans:
        speaking = spans[-1].stopped_s is None
        # Speech that is over and was never committed is dropped, as after a clear.
        dropped = not speaking and not any(span.audio_end_ms is not None for span in spans)
        return {**row, "streaming": not dropped, "note": "listening…" if speaking else ""}
    if item.input_bytes is not None:
        start, stop = item.input_bytes
        row["audio_s"] = round((stop - start) / talk.clock.bytes_per_ms / 1000, 2)
    elif item.given:
        row["audio_s"] = round(sum(ref.length for ref in item.given) / talk.clock.bytes_per_ms / 1000, 2)
    row["replayable"] = True
    if item.transcript is None and item.transcript_expected:
        row |= {"streaming": True, "note": "writing down…"}
    elif item.transcript_expected and not item.transcript:
        row |= {"note": "no words were understood", "tone": "quiet"}
    elif not item.transcript and not item.text:
        row |= {"note": "not transcribed", "tone": "quiet"}
    return row


def _images(item: ItemState) -> dict[str, Any]:
    found = []
    for index, part in enumerate(parts(item.wire)):
        if part.get("type") == "input_image":
            url = string(part.get("image_url"))
            mime, width, height = _size(url[: HEAD_BYTES * 4 // 3])
            data = len(url.partition(",")[2]) * 3 // 4
            found.append({"index": index, "mime": mime, "bytes": data, "width": width, "height": height})
    return {"images": found} if found else {}


@functools.lru_cache(maxsize=256)
def _size(head: str) -> tuple[str, int | None, int | None]:
    """Kind and size of a picture, by the beginning of its data URI."""
    start, comma, text = head.partition(",")
    mime = start[5:].partition(";")[0] if start.startswith("data:image/") else ""
    if not comma or not mime:
        return mime, None, None
    try:
        found = image_size(pybase64.b64decode(text[: len(text) // 4 * 4]))
    except ValueError:
        return mime, None, None
    return (mime, None, None) if found is None else (mime, found[1], found[2])
