"""A bracket for each latency that a turn measured: the same figures as ``turn.timing``, for all turns at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rtnb.audio import Clip
from rtnb.session.conversation.state import ItemState, ResponseState, SpeechState, TurnState
from rtnb.session.timeline.shapes import Bracket
from rtnb.session.views import sound
from rtnb.session.views.audible import AUDIBLE_DBFS, WINDOW_MS
from rtnb.session.views.measuring import Turning, measure, truncated_before
from rtnb.session.views.shapes import SpeechSpan
from rtnb.session.views.snapshots import Observer
from rtnb.session.views.timing import Interval, definitions

__all__ = ["bracket_of", "brackets_of"]

PART_MS = 10 * WINDOW_MS
"""So much of a voice is listened to first, at the end where it matters: nearly all can be heard within it. A whole
number of windows of :mod:`rtnb.session.views.audible`, so that nothing else is found than in all of it."""


def bracket_of(interval: Interval, turn: int) -> Bracket:
    """A measured time as it is drawn.

    Examples
    --------
    >>> bracket = bracket_of(Interval.of("ttfa_response", 1.0, 1.42), turn=0)
    >>> bracket.label, bracket.text, bracket.start_event
    ('first audio of a response', '0.42 s', 'response.created received')
    """
    return Bracket(
        name=interval.name,
        label=definitions()[interval.name].label,
        start_event=interval.start_event,
        end_event=interval.end_event,
        start_s=interval.start_s,
        end_s=interval.end_s,
        value=interval.value,
        unit=interval.unit,
        text=interval.text,
        turn=turn,
        reckoned=interval.reckoned,
    )


def brackets_of(
    observer: Observer,
    state: TurnState,
    users: Sequence[ItemState],
    responses: Sequence[ResponseState],
    answers: Sequence[ItemState],
    truncated: Sequence[float],
) -> tuple[Bracket, ...]:
    """Of one turn; `truncated` says when items were truncated, ascending."""
    talk = observer.talk
    spans: dict[int, SpeechSpan] = {}

    def span(heard: SpeechState) -> SpeechSpan:
        found = spans.get(id(heard))
        if found is None:
            found = spans[id(heard)] = observer.span(heard)
        return found

    # Only the gap between two speakers needs to know when the user could be heard last.
    user_audio, user_start_s = _tail(observer, state, users) if state.speech and answers else (None, state.opened_s)
    turning = Turning(
        state=state,
        responses=responses,
        answers=answers,
        user_audio=user_audio,
        user_start_s=user_start_s,
        assistant_audio=_head(answers),
        span=span,
        after_truncation=truncated_before(state, responses, truncated, talk),
    )
    return tuple(bracket_of(interval, state.index) for interval in measure(turning, talk).values())


def _head(answers: Sequence[ItemState]) -> Clip | None:
    """The beginning of the answers, or all of them where nothing can be heard in it."""
    first = next((item for item in answers if item.audio), None)
    if first is None:
        return None
    size = PART_MS * first.bytes_per_ms
    if len(first.audio) == 1 and first.audio_bytes > size:
        ref = first.audio[0]
        clip = sound.clip_of(ref.store.read(ref.offset, size), first.output_format)
        if _surely_audible(clip):
            return clip
    return sound.answered(answers)


def _tail(observer: Observer, state: TurnState, users: Sequence[ItemState]) -> tuple[Clip | None, float]:
    """The end of what the user said and when it begins, or all of it where nothing can be heard in it."""
    rate = observer.talk.clock.bytes_per_ms
    if len(users) == 1 and users[0].input_bytes is not None and not users[0].given:
        start, end = users[0].input_bytes
        skipped = (end - start - PART_MS * rate) // (WINDOW_MS * rate) * WINDOW_MS * rate
        if skipped > 0:
            data = observer.log.stores["sent"].read(start + skipped, end - start - skipped)
            clip = sound.clip_of(data, users[0].input_format)
            if _surely_audible(clip):
                start_s = observer.user_start_s(state, users, (end - start) / rate / 1000)
                return clip, start_s + skipped / rate / 1000
    return observer.user_audio(state, users)


def _surely_audible(clip: Clip) -> bool:
    """Whether a whole window of it can be heard: the same question, asked of all windows in one go."""
    size = clip.rate_hz * WINDOW_MS // 1000
    windows = clip.samples[: len(clip) // size * size].reshape(-1, size)
    # A little louder than what is asked for: single precision must not decide.
    least = 1.01 * size * 10 ** (AUDIBLE_DBFS / 10)
    return bool(len(windows)) and float(np.einsum("ij,ij->i", windows, windows).max()) >= least
