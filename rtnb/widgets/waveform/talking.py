"""The sound of a session or recording, gathered again and again without looking at what has not changed."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from rtnb.session.conversation.formats import format_of
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import ItemState, TurnState
from rtnb.session.views.measuring import truncations
from rtnb.session.views.shapes import TurnView
from rtnb.session.views.snapshots import Observer
from rtnb.widgets.waveform.entries import entry, turn_entry
from rtnb.widgets.waveform.stored import Bytes, StoreSource, Stretches, format_named
from rtnb.widgets.waveform.tracks import Sheet, Sound, Track

__all__ = ["Talking"]


class Talking:
    """Gathers a :class:`Sheet` of a conversation; used on the thread that owns it.

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
    ...     sheet = s._call(talking.take)
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
        self._sounds: dict[tuple[str, int | str], Sound] = {}
        self._stretches = Stretches()
        self._settled: dict[int, tuple[dict[str, Any], float]] = {}

    def take(self) -> Sheet:
        """How it stands."""
        seen = self._observer()
        talk = seen.talk
        truncated = truncations(talk)
        entries, instants, answers = [], [], []
        for state in talk.turns:
            kept = self._settled.get(state.index)
            if kept is None:
                view = seen.turn(state, truncated=truncated)
                kept = turn_entry(view, state.index), _user_start_s(view)
                if view.settled:
                    self._settled[state.index] = kept
            entries.append(kept[0])
            if not state.speech:
                instants.append((state, kept[1]))
            answers += _answers(talk, state)
        if open_speech := [span for span in talk.open_speech if not _in_turn(talk, span.item_id)]:
            spans = [replace(seen.span(span), end_s=None) for span in open_speech]
            entries.append(entry(-1, speech=spans, marks=[(span.start_s, "speech started") for span in spans]))
        live = self._live()
        return Sheet(
            tracks=(
                Track("You", "user", "above", tuple(self._given(seen, instants))),
                Track("Assistant", "assistant", "below", tuple(self._answered(talk, answers))),
            ),
            entries=tuple(entries),
            live=live,
            note="no audio so far" if live else "no audio",
            subject="Waveform of the session",
            now_s=self._now_s() if live else 0.0,
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

    def _given(self, seen: Observer, instants: Sequence[tuple[TurnState, float]]) -> list[Sound]:
        talk, store = seen.talk, seen.log.stores["sent"]
        made, cut = [], []
        for state, start_s in instants:
            places: list[Bytes] = []
            kind = ""
            for item in (talk.items[each] for each in state.user_items if each in talk.items):
                kind = item.input_format or kind
                if item.input_bytes is not None:
                    first, last = item.input_bytes
                    cut.append((first, last))
                    places.append((store, first, last - first))
                places += [(ref.store, ref.offset, ref.length) for ref in item.given]
            if places:
                made.append(self._sound(("user", state.index), start_s, places, kind))
        kind = format_of(talk.config, "input")
        rate = talk.clock.bytes_per_ms * 1000
        cut.sort()
        begins = [first for first, _ in cut]
        for stretch in self._stretches.follow(talk.clock):
            at = stretch.start
            # What was sent at once lies one behind the other: the one before may reach into this stretch.
            near = cut[max(0, bisect_left(begins, at) - 1) : bisect_left(begins, stretch.end)]
            for first, last in [*(each for each in near if each[1] > at), (stretch.end, stretch.end)]:
                if first > at:
                    start_s = stretch.start_s + (at - stretch.start) / rate
                    made.append(self._sound(("sent", at), start_s, [(store, at, first - at)], kind))
                at = max(at, last)
        return sorted(made, key=lambda sound: sound.start_s)

    def _answered(self, talk: Conversation, answers: Sequence[ItemState]) -> list[Sound]:
        made: list[Sound] = []
        for item in answers:
            if not item.audio:
                continue
            begun_s = talk.player.start_s(item.id)
            if begun_s is None:
                # It waits for what is played before it.
                begun_s = made[-1].end_s if made else talk.last_s
            places = [(ref.store, ref.offset, ref.length) for ref in item.audio]
            sound = self._sound(("answer", item.id), begun_s, places, item.output_format)
            sound.heard_s, sound.until_s = item.heard_s, math.inf
            made.append(sound)
        made.sort(key=lambda sound: sound.start_s)
        for sound, later in pairwise(made):
            # The next answer ends what is shown of one: a question that is typed meanwhile stops it.
            sound.until_s = max(later.start_s, sound.start_s)
        return made


def _answers(talk: Conversation, state: TurnState) -> list[ItemState]:
    items = (talk.items.get(item) for each in state.responses for item in talk.responses[each].items)
    return [item for item in items if item is not None and item.role == "assistant"]


def _user_start_s(view: TurnView) -> float:
    return view.user_start_s


def _in_turn(talk: Conversation, item_id: str) -> bool:
    return bool(item_id) and item_id in talk.turn_of
