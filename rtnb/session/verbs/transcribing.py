"""Transcription: a fold over the events of a session, and how audio is put in so that all of it is heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat
from rtnb.audio.pacing import chunks
from rtnb.errors import ApiError, TranscriptionError
from rtnb.pricing import Cost, transcription_cost
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.formats import audio_format, transcription_model
from rtnb.session.conversation.reading import at, string
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.exchange import APPEND_MS
from rtnb.session.verbs.streaming import append_event, silence
from rtnb.session.verbs.transcript import LogProb, Partial, Segment, Transcript

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["Heard", "Take", "check", "finish", "hear", "transcript_of"]

KIND: Final = "conversation.item.input_audio_transcription."

TAIL_MS: Final = 1000
"""Silence behind a recording besides the one that ends a turn, for the detector's own delay."""

MIN_COMMIT_MS: Final = 100
"""The API refuses to commit less."""

EMPTY: Final = "input_audio_buffer_commit_empty"


@dataclass(slots=True, eq=False)
class _More:
    """What the conversation does not keep of an item."""

    logprobs: list[LogProb] = field(default_factory=list)
    parts: list[Mapping[str, Any]] = field(default_factory=list)
    """``segment`` events of models that tell speakers apart."""
    languages: tuple[str, ...] = ()
    error: str = ""


class Heard:
    """What transcription said, item by item, in the order of the recording.

    Parameters
    ----------
    talk : Conversation
        Has applied each event before.
    """

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._more: dict[str, _More] = {}
        self.items: list[str] = []
        """Items with audio, as they were committed, or first heard of."""
        self.committed: set[str] = set()

    def apply(self, event: Event) -> Partial | None:
        """Take in an event; what it adds to an utterance, if it does."""
        if event.direction != "received":
            return None
        if event.type == "input_audio_buffer.committed":
            item_id = string(event.body.get("item_id"))
            # One that was heard of while it was spoken stands behind those that were committed meanwhile.
            if item_id in self.items and item_id not in self.committed:
                self.items.remove(item_id)
                self.items.insert(len(self.committed), item_id)
            self._known(item_id)
            self.committed.add(item_id)
            return None
        if event.type == "input_audio_buffer.cleared":
            # What was being said came to nothing.
            self.items = [item_id for item_id in self.items if item_id in self.committed]
        if not event.type.startswith(KIND):
            return None
        return self._told(event.type.removeprefix(KIND), event.body)

    def _told(self, what: str, body: Mapping[str, Any]) -> Partial | None:
        item_id = string(body.get("item_id"))
        if not item_id:
            return None
        self._known(item_id)
        more = self._more.setdefault(item_id, _More())
        item = self._talk.items[item_id] if item_id in self._talk.items else ItemState(item_id)
        match what:
            case "delta":
                delta = string(body.get("delta"))
                return Partial(item_id=item_id, text=item.partial, delta=delta, start_s=None)
            case "segment":
                more.parts.append(dict(body))
            case "completed":
                more.logprobs = _logprobs(body.get("logprobs"))
                found = body.get("languages")
                more.languages = tuple(string(at(each, "code")) for each in found) if isinstance(found, list) else ()
                text = item.transcript or ""
                rest = text[len(item.partial) :] if text.startswith(item.partial) else text
                return Partial(item_id=item_id, text=text, delta=rest, final=True, start_s=None)
            case "failed":
                more.error = _why(at(body, "error"))
                return Partial(item_id=item_id, text=item.transcript or "", delta="", final=True, error=more.error)
        return None

    def _known(self, item_id: str) -> None:
        if item_id not in self.items:
            self.items.append(item_id)

    def complete(self, item_id: str) -> bool:
        """Whether the server has said its last word on an item."""
        item = self._talk.items.get(item_id)
        return item is not None and (item.transcript is not None or not item.transcript_expected)

    def segments(self, item_id: str, start_bytes: int, end_bytes: int, rate: int) -> list[Segment]:
        """The segments of an item; times count from `start_bytes` of the input, at `rate` bytes a millisecond, and
        none is past `end_bytes`."""
        item, more = self._talk.items.get(item_id), self._more.get(item_id, _More())
        if item is None:
            return []
        places = (min(place, end_bytes) for place in item.input_bytes or (start_bytes, start_bytes))
        start_s, end_s = (max(0.0, (place - start_bytes) / rate / 1000) for place in places)
        if more.parts:
            return [
                Segment(
                    text=string(part.get("text")),
                    start_s=start_s + _number(part.get("start")),
                    end_s=start_s + _number(part.get("end")),
                    speaker=string(part.get("speaker")),
                    item_id=item_id,
                    final=self.complete(item_id),
                    error=more.error,
                )
                for part in more.parts
            ]
        text = item.partial if item.transcript is None else item.transcript
        return [
            Segment(
                text=text.strip(),
                start_s=start_s,
                end_s=end_s,
                logprobs=tuple(more.logprobs),
                languages=more.languages,
                item_id=item_id,
                final=self.complete(item_id),
                error=more.error,
            )
        ]


class Take:
    """The part of a session that one recording was.

    Parameters
    ----------
    talk, log, heard
    name : str
        Of the recording.
    endpoint : str
    whole : bool
        Whether it is all of the session, and not only what comes from now on.
    """

    def __init__(
        self, talk: Conversation, log: EventLog, heard: Heard, *, name: str, endpoint: str, whole: bool = False
    ) -> None:
        self._talk, self._log, self._heard = talk, log, heard
        self._name, self._endpoint = name, endpoint
        self.start_bytes = 0 if whole else talk.clock.total_bytes
        self.end_bytes: int | None = None
        """Where the recording ends; what is sent behind it is silence of ours."""
        self._first = 0 if whole else len(heard.committed)
        self._last: int | None = None
        self.done = whole

    @property
    def items(self) -> list[str]:
        """Its items."""
        return self._heard.items[self._first : self._last]

    def close(self) -> None:
        """What is heard from now on is another recording's."""
        self._last, self.done = len(self._heard.items), True

    def complete(self) -> bool:
        """Whether all speech that began has ended, and all that was committed is transcribed."""
        speaking = any(span.stopped_s is None for span in self._talk.speech)
        return not speaking and all(i in self._heard.committed and self._heard.complete(i) for i in self.items)

    def view(self) -> Transcript:
        """What is known now."""
        talk = self._talk
        format = audio_format(talk.config, "input")
        rate = format.bytes_per_ms
        end = talk.clock.total_bytes if self.end_bytes is None else self.end_bytes
        duration_s = max(0.0, (end - self.start_bytes) / rate / 1000)
        items = self.items
        day = datetime.fromtimestamp(self._log.start_wall_s, UTC).date()
        used = [talk.transcription_usage[i] for i in items if i in talk.transcription_usage]
        costs = [transcription_cost(usage, model, day) for model, usage in used]
        segments = [segment for i in items for segment in self._heard.segments(i, self.start_bytes, end, rate)]
        return Transcript(
            segments=tuple(s for s in segments if s.text or s.error or not s.final),
            audio=self._audio(end, format) if self.done else None,
            duration_s=duration_s,
            cost=_sum(costs),
            seconds=sum(_number(usage.get("seconds")) for _, usage in used),
            tokens=sum(round(_number(usage.get("total_tokens"))) for _, usage in used),
            model=transcription_model(talk.config),
            name=self._name,
            endpoint=self._endpoint,
            done=self.done,
        )

    def _audio(self, end: int, format: AudioFormat) -> Clip | None:
        data = format.whole(self._log.stores["sent"].read(self.start_bytes, end - self.start_bytes))
        return Clip(format.decode(data), format.rate_hz) if data else None


def transcript_of(log: EventLog, talk: Conversation, *, name: str = "", endpoint: str = "") -> Transcript:
    """What was heard in a recorded session, as one transcript; `talk` has applied all events of `log`."""
    heard = Heard(talk)
    for event in log:
        heard.apply(event)
    return Take(talk, log, heard, name=name, endpoint=endpoint, whole=True).view()


async def hear(core: Core, take: Take, pieces: AsyncIterator[bytes], play: Callable[..., Any] | None = None) -> None:
    """Put a recording in, as fast as it goes or by `play`, and what it takes for its end to be noticed.

    Where turn detection is on, silence follows until it has closed the last turn; otherwise everything is committed
    as one item.
    """
    if play is not None:
        await play(core, pieces)
    else:
        async for piece in pieces:
            rate = audio_format(core.talk.config, "input").bytes_per_ms
            for _, chunk in chunks(piece, bytes_per_ms=rate, chunk_ms=APPEND_MS):
                await core.send(append_event(chunk))
    take.end_bytes = core.talk.clock.total_bytes
    await finish(core, take)


def check(said: Transcript) -> None:
    """Raise where nothing of a recording could be transcribed: that must not look like silence.

    Raises
    ------
    TranscriptionError
    """
    if not said.failed:
        return
    more = "" if len(said.errors) == 1 else f" (and {len(said.errors) - 1} more)"
    raise TranscriptionError(
        f"Nothing of '{said.name or 'the recording'}' could be transcribed: {said.errors[0]}{more}\n"
        "The transcript with its audio is the last one in transcripts.",
        errors=said.errors,
    )


async def finish(core: Core, take: Take) -> None:
    """Have what is in the buffer heard to its end."""
    talk = core.talk
    spoken = audio_format(talk.config, "input")
    detection = talk.input_settings().get("turn_detection")
    if detection is None:
        if talk.clock.total_bytes - take.start_bytes >= MIN_COMMIT_MS * spoken.bytes_per_ms:
            await core.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
        return
    tail_ms = TAIL_MS + round(_number(detection.get("silence_duration_ms")) or TAIL_MS)
    for _, chunk in chunks(
        silence(spoken, tail_ms * spoken.bytes_per_ms), bytes_per_ms=spoken.bytes_per_ms, chunk_ms=APPEND_MS
    ):
        await core.send(append_event(chunk))
    # Events are answered in order: behind this one all speech in the recording is known.
    await core.ask({"type": "session.update", "session": {"type": "transcription"}}, "session.updated")
    if any(span.stopped_s is None for span in talk.speech):
        # Semantic turn detection may wait for as long as eight seconds; the recording is over.
        await asyncio.sleep(0)
        try:
            await core.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")
        except ApiError as error:
            if error.code != EMPTY:
                raise


def _logprobs(wire: object) -> list[LogProb]:
    found = wire if isinstance(wire, list) else []
    return [LogProb(string(at(each, "token")), _number(at(each, "logprob"))) for each in found]


def _why(error: object) -> str:
    message, code = string(at(error, "message")), string(at(error, "code"))
    return f"{message} ({code})" if message and code else message or code or "the server does not say why"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _sum(costs: list[Cost]) -> Cost | None:
    return sum(costs[1:], costs[0]) if costs else None
