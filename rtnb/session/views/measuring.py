"""From the reducer's state of a turn to its timing: which events met which definition, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rtnb.audio import Clip
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import CallState, ItemState, ResponseState, SpeechState, TurnState
from rtnb.session.views.audible import audible_end_s, audible_start_s
from rtnb.session.views.shapes import SpeechSpan
from rtnb.session.views.timing import Interval, Kind, Timing, definitions

__all__ = ["Turning", "calls_of", "measure", "truncated_before", "truncations", "unheard_s"]


LEAST_SPEED_S = 0.05
"""From the first delta to the last: what came in one burst tells how fast it was read, not how fast it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turning:
    """What a turn is made of, gathered by whoever makes its view.

    Parameters
    ----------
    state : TurnState
    responses : sequence of ResponseState
        Those of the turn, oldest first.
    answers : sequence of ItemState
        The assistant's items of them.
    user_audio, user_start_s : Clip or None, float
        What was heard of the user, and when it began.
    assistant_audio : Clip or None
        All audio of the answer.
    span : callable
        Puts a span of detected speech on the session's clock.
    after_truncation : bool
        Whether an item was truncated between the response before this turn and the turn's first.
    """

    state: TurnState
    responses: Sequence[ResponseState]
    answers: Sequence[ItemState]
    user_audio: Clip | None
    user_start_s: float
    assistant_audio: Clip | None
    span: Callable[[SpeechState], SpeechSpan]
    after_truncation: bool = False


def measure(turning: Turning, talk: Conversation) -> Timing:
    """All that can be timed in a turn; what did not happen in it is left out."""
    found: list[Interval] = []
    speech = turning.state.speech[-1] if turning.state.speech else None
    for part in (_turn_detection, _response, _sound, _barge_in, _tools, _transcription):
        found += part(turning, talk, speech)
    order = {name: place for place, name in enumerate(definitions())}
    found.sort(key=lambda interval: order[interval.name])
    return Timing(tuple(found), kinds=tuple(_kinds(turning, talk)))


def _between(name: str, start_s: float | None, end_s: float | None, *, reckoned: bool = False) -> Iterable[Interval]:
    if start_s is not None and end_s is not None:
        yield Interval.of(name, start_s, end_s, reckoned=reckoned)


def _speech_end_s(turning: Turning, speech: SpeechState | None) -> float | None:
    """Where the speech ended, as far as that can be told: with semantic VAD it cannot."""
    return turning.span(speech).speech_end_s if speech is not None and speech.silence_ms else None


def _turn_detection(turning: Turning, talk: Conversation, speech: SpeechState | None) -> Iterable[Interval]:
    if speech is None:
        return
    yield from _between("endpointing", _speech_end_s(turning, speech), speech.stopped_s)
    spoken = _spoken(turning)
    if spoken is not None and turning.responses[0].trigger == "turn detection":
        yield from _between("ttfa_vad", speech.stopped_s, spoken.first_audio_s)


def _spoken(turning: Turning) -> ResponseState | None:
    """The first response with a sound; behind function calls that is not the first of the turn."""
    return next((response for response in turning.responses if response.first_audio_s is not None), None)


def _response(turning: Turning, talk: Conversation, speech: SpeechState | None) -> Iterable[Interval]:
    spoken = _spoken(turning)
    if spoken is not None:
        yield from _between("ttfa_response", spoken.created_s, spoken.first_audio_s)
        if turning.responses[0].trigger == "client":
            yield from _between("ttfa_manual", turning.state.requested_s, spoken.first_audio_s)
        yield from _speed(spoken, talk)
    written = next((response for response in turning.responses if response.first_text_s is not None), None)
    if written is not None:
        yield from _between("ttft_text", written.created_s, written.first_text_s)
        # The words of an answer that is spoken come before its sound: whether it is written shows when it is over.
        if spoken is None and written.over and turning.responses[0].trigger == "client":
            yield from _between("ttft_manual", turning.state.requested_s, written.first_text_s)


def _speed(response: ResponseState, talk: Conversation) -> Iterable[Interval]:
    first_s, last_s = response.first_audio_s, response.last_audio_s
    items = [item for item_id in response.items if (item := talk.items.get(item_id)) is not None and item.audio]
    if first_s is None or last_s is None or not items or last_s <= first_s:
        return
    later_s = (sum(item.audio_ms for item in items) - response.first_audio_ms) / 1000
    if later_s > 0 and last_s - first_s >= LEAST_SPEED_S:
        yield Interval.of("generation_speed", first_s, last_s, later_s / (last_s - first_s))


def _sound(turning: Turning, talk: Conversation, speech: SpeechState | None) -> Iterable[Interval]:
    sounding = [item for item in turning.answers if item.audio]
    start_s = talk.player.start_s(sounding[0].id) if sounding else None
    if start_s is None or turning.assistant_audio is None:
        return
    reckoned = not talk.player.reported(sounding[0].id)
    pad_s = audible_start_s(turning.assistant_audio)
    if pad_s is not None and not _cut_before(sounding, pad_s):
        audible_s = start_s + pad_s
        yield Interval.of("silence_pad", start_s, audible_s)
        yield from _between("response_latency", _speech_end_s(turning, speech), audible_s, reckoned=reckoned)
        if turning.user_audio is not None and turning.state.speech:
            end_s = audible_end_s(turning.user_audio)
            spoke_s = None if end_s is None else turning.user_start_s + end_s
            yield from _between("turn_gap", spoke_s, audible_s, reckoned=reckoned)
    last_s = max((r.last_audio_s for r in turning.responses if r.last_audio_s is not None), default=None)
    if last_s is not None and all(item.heard_s is None for item in sounding):
        ends_s = (talk.player.start_s(sounding[-1].id) or start_s) + sounding[-1].audio_ms / 1000
        # Where the player ran dry it ends later than that; at least the last delta is still to be played then.
        played = talk.player.reported(sounding[-1].id)
        yield Interval.of("headroom", last_s, max(ends_s, last_s), reckoned=not played)


def _cut_before(sounding: Sequence[ItemState], position_s: float) -> bool:
    """Whether the answer was cut before anything of it could be heard."""
    heard = sounding[0].heard_s
    return heard is not None and heard < position_s


def _barge_in(turning: Turning, talk: Conversation, speech: SpeechState | None) -> Iterable[Interval]:
    cut = next((item for item in reversed(turning.answers) if item.heard_s is not None), None)
    cancelled = next((r for r in reversed(turning.responses) if r.reason == "turn_detected"), None)
    stopped_s = None if cut is None else cut.cut_s
    spoke = _intruder(turning, talk, stopped_s, cancelled)
    if spoke is not None:
        yield Interval.of("bargein_detect", turning.span(spoke).onset_s, spoke.started_s)
        if cut is not None and talk.player.reported(cut.id):
            # Only a player knows when it fell silent: what is reckoned stops at the server's word by definition.
            yield from _between("bargein_stop", spoke.started_s, stopped_s)
        yield from _between("cancel_ack", spoke.started_s, None if cancelled is None else cancelled.done_s)
    truncated = next((item for item in turning.answers if item.truncate_sent_s is not None), None)
    if truncated is not None:
        yield from _between("truncate_ack", truncated.truncate_sent_s, truncated.truncated_s)
    unheard = unheard_s(turning.answers)
    if unheard is not None and cut is not None and stopped_s is not None:
        yield Interval.of("unheard", stopped_s, stopped_s + unheard, reckoned=not talk.player.reported(cut.id))


def _intruder(
    turning: Turning, talk: Conversation, stopped_s: float | None, cancelled: ResponseState | None
) -> SpeechState | None:
    """The speech that an answer was interrupted by; None where something else ended it."""
    if not turning.responses or (stopped_s is None and cancelled is None):
        return None
    begun_s = turning.responses[0].created_s
    # A player may stop a little before the server's word, where the client listens too.
    ends_s = max(moment for moment in (stopped_s, cancelled.done_s if cancelled else None) if moment is not None)
    later = (span for span in reversed(talk.speech) if span.started_s <= ends_s)
    last = next(later, None)
    return last if last is not None and last.started_s >= begun_s else None


def unheard_s(answers: Sequence[ItemState]) -> float | None:
    """Seconds of the answers that were received and not heard; None where nothing was cut short."""
    if all(item.heard_s is None for item in answers):
        return None
    return sum(
        max(0.0, item.audio_ms / 1000 - (item.audio_ms / 1000 if item.heard_s is None else item.heard_s))
        for item in answers
    )


def _tools(turning: Turning, talk: Conversation, speech: SpeechState | None) -> Iterable[Interval]:
    """The first round of calls; those of a long-running function, which holds nothing up, apart."""
    asking = next((response for response in turning.responses if response.calls), None)
    if asking is None:
        return
    calls = [call for call_id in asking.calls if (call := talk.calls.get(call_id)) is not None and not call.background]
    done_s = min((call.done_s for call in calls if call.done_s is not None), default=None)
    output_s = max((call.output_s for call in calls if call.output_s is not None), default=None)
    later = turning.responses[list(turning.responses).index(asking) + 1 :]
    heard = (response.first_audio_s for response in later if response.first_audio_s is not None)
    audio_s = next((at_s for at_s in heard if output_s is None or at_s >= output_s), None)
    yield from _between("tool_run", done_s, output_s)
    yield from _between("tool_answer", output_s, audio_s)
    if output_s is not None:
        yield from _between("tool_gap", done_s, audio_s)


def _transcription(turning: Turning, talk: Conversation, speech: SpeechState | None) -> Iterable[Interval]:
    found = (talk.items.get(item_id) for item_id in turning.state.user_items)
    item = next((each for each in found if each is not None and each.transcribed_s is not None), None)
    if item is None:
        return
    yield from _between("transcription_lag_commit", item.committed_s, item.transcribed_s)
    done_s = turning.responses[-1].done_s if turning.responses else None
    yield from _between("transcription_lag_response", done_s, item.transcribed_s)


def _kinds(turning: Turning, talk: Conversation) -> Iterable[Kind]:
    state = turning.state
    if state.index == 0:
        yield "first"
    if any(response.calls for response in turning.responses):
        yield "tool"
    if turning.after_truncation:
        yield "after_truncation"
    if any(item.heard_s is not None for item in turning.answers) or any(
        response.status == "cancelled" for response in turning.responses
    ):
        yield "interrupted"


def truncated_before(
    state: TurnState, responses: Sequence[ResponseState], truncations: Sequence[float], talk: Conversation
) -> bool:
    """Whether an item was truncated between the response before a turn and the turn's first; moments ascend."""
    if not responses or not truncations:
        return False
    for index in range(state.index - 1, -1, -1):
        before = talk.turns[index].responses
        if before:
            place = bisect_right(truncations, talk.responses[before[-1]].created_s)
            return place < len(truncations) and truncations[place] <= responses[0].created_s
    return False


def truncations(talk: Conversation) -> list[float]:
    """When the server truncated items, ascending."""
    return sorted(item.truncated_s for item in talk.items.values() if item.truncated_s is not None)


def calls_of(responses: Sequence[ResponseState], talk: Conversation) -> list[CallState]:
    """The function calls of some responses, in order."""
    return [call for response in responses for call_id in response.calls if (call := talk.calls.get(call_id))]
