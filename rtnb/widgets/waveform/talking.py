"""The sound of a session or recording, gathered again and again without looking at what has not changed."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from rtnb.protocol.envelope import AudioStore
from rtnb.session.conversation.formats import format_of
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import InputClock, ItemState, ResponseState, TurnState, heard_s
from rtnb.session.views.kept import settled
from rtnb.session.views.measuring import calls_of
from rtnb.session.views.shapes import TurnView
from rtnb.session.views.snapshots import Observer, said
from rtnb.widgets.waveform.entries import entry, turn_entry
from rtnb.widgets.waveform.stored import Bytes, StoreSource, Stretches, format_named, joined
from rtnb.widgets.waveform.tracks import Entry, Sheet, Sound, Track

__all__ = ["SLICE_S", "Moment", "Talking"]

SLICE_S: Final = 0.004
"""So long a session's loop is kept from its socket at a time: less than a frame of sound, which is 20 ms."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What a user sent at once."""

    start_s: float
    places: tuple[Bytes, ...]
    cut: tuple[tuple[int, int], ...]
    """Which bytes of the stream of input these are."""
    kind: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was answered; `begun_s` is None while it waits to be played."""

    item_id: str
    begun_s: float | None
    places: tuple[Bytes, ...]
    kind: str
    heard_s: float | None


@dataclass(frozen=True, slots=True)
class _OfTurn:
    """What a turn brings."""

    entry: Entry
    given: _Given | None
    answers: tuple[_Answer, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """How a conversation stands: what is small of it, and where its sound lies."""

    turns: tuple[_OfTurn, ...]
    speaking: Entry | None
    clock: InputClock
    sent: AudioStore
    rate: int
    """Bytes of a second of input."""
    kind: str
    live: bool
    now_s: float
    last_s: float


class Talking:
    """Gathers a :class:`Sheet` of a conversation: looked at on the thread that owns it, put together on any.

    Input audio lies where the session's clock has it, all that was sent, committed or not; what was sent at once lies
    before the moment it was sent, as if it had been spoken then. Answers lie where they were played.

    Parameters
    ----------
    observer : callable
        Gives the conversation's :class:`Observer`.
    live : callable
        Whether more is to come.
    now_s : callable
        The session's clock.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(journal=False) as s:
    ...     turn = s.ask(rtnb.Clip.silence(0.5), show=False)
    ...     core = s._async.core
    ...     talking = Talking(lambda: Observer(core.talk, core.log, ""))
    ...     sheet = talking.sheet(s._call(talking.take))
    >>> [(track.name, len(track.sounds)) for track in sheet.tracks], len(sheet.entries)
    ([('You', 1), ('Assistant', 1)], 1)
    """

    def __init__(
        self,
        observer: Callable[[], Observer],
        *,
        live: Callable[[], bool] = lambda: False,
        now_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._observer, self._live, self._now_s = observer, live, now_s
        self._turns: list[_OfTurn] = []
        self._unsettled: set[int] = set()
        self._todo: list[int] | None = None
        self._stretches = Stretches()
        self._sounds: dict[tuple[str, int | str], Sound] = {}
        self._putting = threading.Lock()

    # On the thread that owns the conversation

    def look(self, *, slice_s: float = SLICE_S) -> bool:
        """Look at turns that may have changed, for as long as a slice; whether some are left for the next one."""
        seen = self._observer()
        turns = seen.talk.turns
        if self._todo is None:
            self._todo = [*range(len(turns) - 1, len(self._turns) - 1, -1), *sorted(self._unsettled, reverse=True)]
        end_s = time.perf_counter() + slice_s
        while self._todo:
            index = self._todo.pop()
            part, over = _turn(seen, turns[index])
            self._turns[index : index + 1] = [part]
            (self._unsettled.discard if over else self._unsettled.add)(index)
            if time.perf_counter() > end_s:
                break
        return bool(self._todo)

    def take(self) -> Moment:
        """How it stands; quick where :meth:`look` has nothing left."""
        while self.look(slice_s=math.inf):
            pass
        self._todo = None
        seen = self._observer()
        talk = seen.talk
        live = self._live()
        return Moment(
            turns=tuple(self._turns),
            speaking=_speaking(seen),
            clock=talk.clock,
            sent=seen.log.stores["sent"],
            rate=talk.clock.bytes_per_ms * 1000,
            kind=format_of(talk.config, "input"),
            live=live,
            now_s=self._now_s() if live else 0.0,
            last_s=talk.last_s,
        )

    # On any thread

    def sheet(self, moment: Moment) -> Sheet:
        """What is shown of it; sounds that are known keep their outline."""
        entries = [part.entry for part in moment.turns]
        if moment.speaking is not None:
            entries.append(moment.speaking)
        with self._putting:
            return Sheet(
                tracks=(
                    Track("You", "user", "above", tuple(self._given(moment))),
                    Track("Assistant", "assistant", "below", tuple(self._answered(moment))),
                ),
                entries=tuple(entries),
                live=moment.live,
                note="no audio so far" if moment.live else "no audio",
                subject="Waveform of the session",
                now_s=moment.now_s,
            )

    def _sound(self, key: tuple[str, int | str], start_s: float, places: Sequence[Bytes], kind: str) -> Sound:
        """The sound of that name, longer than before perhaps."""
        found = self._sounds.get(key)
        size = sum(length for _, _, length in places)
        form = format_named(kind)
        known = None if found is None else found.source
        # One that is shorter now was cut, and has another outline.
        if isinstance(known, StoreSource) and known.kind is form and len(known) <= size // form.sample_bytes:
            known.place(places)
            self._sounds[key].start_s = start_s
            return self._sounds[key]
        made = self._sounds[key] = Sound(start_s, StoreSource(places, form))
        return made

    def _given(self, moment: Moment) -> list[Sound]:
        made: list[Sound] = []
        cut: list[tuple[int, int]] = []
        for part in moment.turns:
            if part.given is not None:
                cut += part.given.cut
                key = ("user", int(part.entry["key"]))
                made.append(self._sound(key, part.given.start_s, part.given.places, part.given.kind))
        cut.sort()
        begins = [first for first, _ in cut]
        # Frames are only ever added to the clock: this need not keep its thread.
        for stretch in self._stretches.follow(moment.clock):
            at, end = stretch.start, stretch.end
            # What was sent at once lies one behind the other: the one before may reach into this stretch.
            near = cut[max(0, bisect_left(begins, at) - 1) : bisect_left(begins, end)]
            for first, last in [*(each for each in near if each[1] > at), (end, end)]:
                if first > at:
                    start_s = stretch.start_s + (at - stretch.start) / moment.rate
                    made.append(self._sound(("sent", at), start_s, [(moment.sent, at, first - at)], moment.kind))
                at = max(at, last)
        return sorted(made, key=lambda sound: sound.start_s)

    def _answered(self, moment: Moment) -> list[Sound]:
        made: list[Sound] = []
        for answer in (each for part in moment.turns for each in part.answers):
            begun_s = answer.begun_s
            if begun_s is None:
                # It waits for what is played before it.
                begun_s = made[-1].end_s if made else moment.last_s
            sound = self._sound(("answer", answer.item_id), begun_s, answer.places, answer.kind)
            sound.heard_s, sound.until_s = answer.heard_s, math.inf
            made.append(sound)
        made.sort(key=lambda sound: sound.start_s)
        for sound, later in pairwise(made):
            # The next answer ends what is shown of one: a question that is typed meanwhile stops it.
            sound.until_s = max(later.start_s, sound.start_s)
        return made


def _turn(seen: Observer, state: TurnState) -> tuple[_OfTurn, bool]:
    """What a turn brings, and whether it stays as it is. Its sound is not read, and nothing of it is billed."""
    talk = seen.talk
    users = [item for each in state.user_items if (item := talk.items.get(each)) is not None]
    responses = [talk.responses[each] for each in state.responses]
    made = [item for response in responses for each in response.items if (item := talk.items.get(each)) is not None]
    answers = [item for item in made if item.role == "assistant"]
    given_s = _given_s(users)
    view = _view(seen, state, users, responses, answers, given_s)
    part = _OfTurn(
        entry=turn_entry(view, state.index, given_s=given_s),
        given=None if state.speech else _given(seen, users, view.user_start_s),
        answers=tuple(_answer(talk, item) for item in answers if item.audio),
    )
    return part, settled(state, answers, calls_of(responses, talk), talk)


def _view(
    seen: Observer,
    state: TurnState,
    users: Sequence[ItemState],
    responses: Sequence[ResponseState],
    answers: Sequence[ItemState],
    given_s: float,
) -> TurnView:
    """As much of the view of a turn as is shown here."""
    start_s = seen.talk.player.start_s
    return TurnView(
        state.index,
        "completed",
        user_text=" ".join(text for item in users if (text := said(item))),
        user_start_s=seen.user_start_s(state, users, given_s) if given_s else state.opened_s,
        speech=tuple(seen.span(span) for span in state.speech),
        assistant_text=" ".join(text for item in answers if (text := "".join(item.text).strip())),
        assistant_start_s=next((at_s for item in answers if (at_s := start_s(item.id)) is not None), None),
        heard_s=heard_s(answers),
        latency=seen.latency(state, responses),
        received_s=sum(item.audio_ms for item in answers) / 1000,
    )


def _given_s(users: Sequence[ItemState]) -> float:
    """Seconds of sound that a user gave, none of it read."""
    found_s = 0.0
    for item in users:
        form = format_named(item.input_format)
        sizes = [ref.length for ref in item.given]
        if item.input_bytes is not None:
            sizes.append(item.input_bytes[1] - item.input_bytes[0])
        found_s += sum(size // form.sample_bytes for size in sizes) / form.rate_hz
    return found_s


def _given(seen: Observer, users: Sequence[ItemState], start_s: float) -> _Given | None:
    places: list[Bytes] = []
    cut: list[tuple[int, int]] = []
    kind = ""
    for item in users:
        kind = item.input_format or kind
        if item.input_bytes is not None:
            first, last = item.input_bytes
            cut.append((first, last))
            places.append((seen.log.stores["sent"], first, last - first))
        places += [(ref.store, ref.offset, ref.length) for ref in item.given]
    return _Given(start_s, joined(places), tuple(cut), kind) if places else None


def _answer(talk: Conversation, item: ItemState) -> _Answer:
    places = joined((ref.store, ref.offset, ref.length) for ref in item.audio)
    return _Answer(item.id, talk.player.start_s(item.id), places, item.output_format, item.heard_s)


def _speaking(seen: Observer) -> dict[str, Any] | None:
    """Speech that no turn has yet."""
    talk = seen.talk
    spans = [
        replace(seen.span(span), end_s=None)
        for span in talk.open_speech
        if not (span.item_id and span.item_id in talk.turn_of)
    ]
    return entry(-1, speech=spans, marks=[(span.start_s, "speech started") for span in spans]) if spans else None
