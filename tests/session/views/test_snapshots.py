from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.logs import (
    USAGE,
    Script,
    answer,
    append,
    committed,
    got,
    pcm,
    request,
    sent,
    session,
    speech_started,
    speech_stopped,
    user_item,
)

from rtnb.pricing import cost, transcription_cost
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.views.shapes import UsageReport
from rtnb.session.views.snapshots import Observer

DAY = date(2026, 11, 18)


def transcribed(item_id: str, text: str, usage: dict[str, Any] | None = None) -> Any:
    kind = "conversation.item.input_audio_transcription.completed"
    return got(kind, item_id=item_id, content_index=0, transcript=text, usage=usage)


def text_turn(number: int = 1, **options: Any) -> list[Any]:
    key = f"turn_{number}"
    return [user_item(f"item_{number}", "Go."), request(key), *answer(number, key=key, **options)]


def test_a_session_that_has_not_begun() -> None:
    observer = Observer(Conversation(), EventLog(start_s=0, start_wall_s=0), "here")
    view = observer.session("open", ["A note."])
    assert (view.endpoint, view.model, view.voice, view.status) == ("here", "", "", "open")
    assert (view.turns, view.usage, view.cost, view.errors, view.notes) == ((), None, None, (), ("A note.",))
    assert (view.duration_s, view.turn_detection) == (0.0, "")


def test_the_day_of_the_session_sets_the_price() -> None:
    script = Script(session())
    assert script.observer.on == DAY
    assert script.observer.model == "gpt-realtime-2.1"


def test_usage_and_cost_add_up_over_responses_turns_and_transcription() -> None:
    seconds = {"type": "duration", "seconds": 60}
    script = Script(session(vad=False), text_turn(1), text_turn(2, usage=None))
    script.play(append(pcm(200)), sent("input_audio_buffer.commit"), request("turn_3"), committed("item_u"))
    script.play(answer(3, key="turn_3"), transcribed("item_u", "Hi.", seconds))
    first, second, third = script.turns()
    one = cost(USAGE, "gpt-realtime-2.1", DAY)
    heard = transcription_cost(seconds, "gpt-transcribe", DAY)
    assert first.cost is not None and first.cost.total_usd == one.total_usd > 0
    assert second.cost is None and second.usage is None
    assert third.cost is not None
    assert third.cost.total_usd == pytest.approx(one.total_usd + heard.total_usd)
    assert heard.total_usd > 0
    view = script.view()
    assert view.cost is not None and view.cost.total_usd == pytest.approx(2 * one.total_usd + heard.total_usd)
    assert view.usage is not None and view.usage.total_tokens == 2 * USAGE["total_tokens"]  # type: ignore[operator]


def test_a_response_outside_of_the_conversation_is_billed_with_the_session() -> None:
    script = Script(session(vad=False), text_turn(1))
    script.play(request("side", conversation="none"), answer(9, key="side", conversation_id=None))
    one = cost(USAGE, "gpt-realtime-2.1", DAY)
    view = script.view()
    assert [turn.cost for turn in view.turns] == [one]
    assert view.cost is not None and view.cost.exact_usd == 2 * one.exact_usd
    assert view.usage is not None and view.usage.total_tokens == 2 * USAGE["total_tokens"]  # type: ignore[operator]
    assert view.beside is not None and (view.beside.count, view.beside.cost) == (1, one)
    assert UsageReport.of(view, script.observer.ledger()).beside == view.beside
    assert Script(session(vad=False), text_turn(1)).view().beside is None
    assert script.observer.ledger().name == "a script" and script.observer.ledger("talk").name == "talk"


def test_a_turn_of_two_responses_is_as_far_as_its_last() -> None:
    script = Script(session(), user_item("item_1", "Go."), request("turn_1"), answer(1, ["One."], key="turn_1"))
    script.play(answer(2, ["Two."], key="turn_1")[:4])
    (view,) = script.turns()
    assert view.status == "in_progress"
    assert view.assistant_text == "One."
    script.play(answer(2, ["Two."], key="turn_1")[4:])
    (view,) = script.turns()
    assert (view.status, view.assistant_text) == ("completed", "One. Two.")
    assert view.usage is not None and view.usage.total_tokens == 506
    assert view.latency is not None and view.latency.end_s < script.talk.responses["resp_2"].created_s


def test_latency_names_what_was_there() -> None:
    by_hand = Script(session(vad=False), append(pcm(200)), sent("input_audio_buffer.commit"), request("turn_1"))
    by_hand.play(committed("item_u"), answer(1, ["Yes."], [pcm(100)], key="turn_1"))
    latency = by_hand.turns()[0].latency
    assert latency is not None and (latency.start, latency.end) == ("commit", "first audio")
    silent = Script(session(), request("turn_1"), answer(1, [], key="turn_1"))
    assert silent.turns()[0].latency is None
    waiting = Script(session(), request("turn_1"))
    assert waiting.turns()[0].latency is None


def test_latency_of_speech_starts_where_speech_ends_not_where_its_silence_does() -> None:
    script = Script(session(detection={"silence_duration_ms": 500}))
    script.play([append(pcm(20)) for _ in range(100)], step_s=0.02)
    script.play(speech_started("item_u", 300), speech_stopped("item_u", 1900), committed("item_u"))
    script.play(answer(1, ["Yes."], [pcm(100)]))
    (view,) = script.turns()
    assert view.latency is not None and view.speech[0].end_s is not None
    assert view.latency.start_s == pytest.approx(view.speech[0].end_s - 0.5)
    assert view.latency.end_s == script.talk.responses["resp_1"].first_audio_s


def test_an_answer_of_odd_bytes_is_still_a_clip() -> None:
    script = Script(session(), request("turn_1"), answer(1, ["Yes."], [b"\1\0\2"], key="turn_1"))
    clip = script.turns()[0].assistant_audio
    assert clip is not None and len(clip) == 1


def test_input_of_odd_bytes_is_still_a_clip() -> None:
    script = Script(session(vad=False), append(b"\1\0\2"), sent("input_audio_buffer.commit"), request("turn_1"))
    script.play(committed("item_u"))
    clip = script.turns()[0].user_audio
    assert clip is not None and len(clip) == 1


def test_a_clip_sent_at_once_is_shown_as_if_spoken_up_to_its_commit() -> None:
    script = Script(session(vad=False), append(pcm(500)), sent("input_audio_buffer.commit"), request("turn_1"))
    committed_s = script.talk.turns[0].committed_s
    assert committed_s is not None
    script.play(committed("item_u"))
    assert script.turns()[0].user_start_s == pytest.approx(committed_s - 0.5)


def test_a_refusal_without_words_is_put_into_some() -> None:
    script = Script(session(), request("turn_1", "event_1"), got("error", error={"event_id": "event_1"}))
    (view,) = script.turns()
    assert (view.status, view.status_reason) == ("failed", "the server refused the request")


def test_an_answer_is_played_from_when_its_first_item_sounds() -> None:
    script = Script(session(), request("turn_1"), answer(1, ["Text."], key="turn_1"))
    assert script.turns()[0].assistant_start_s is None
    script.play(answer(2, ["Sound."], [pcm(100)], key="turn_1"))
    assert script.turns()[0].assistant_start_s == script.talk.player.start_s("item_r2") is not None


def test_a_sample_split_between_two_deltas_is_whole_again() -> None:
    data = pcm(10)
    script = Script(session(), request("turn_1"), answer(1, ["a", "b"], [data[:7], data[7:]], key="turn_1"))
    clip = script.turns()[0].assistant_audio
    assert clip is not None and clip.to_pcm16() == data


def test_what_was_heard_of_an_answer_in_two_items_is_their_sum() -> None:
    script = Script(session(), request("turn_1"), answer(1, ["One."], [pcm(1000)], key="turn_1"))
    begun_s = script.talk.player.start_s("item_r1")
    assert begun_s is not None
    script.play(answer(2, ["Two."], [pcm(1000)], key="turn_1")[:6], at_s=begun_s + 0.5)
    script.play(sent("response.cancel"), at_s=begun_s + 1.25)
    (view,) = script.turns()
    assert view.heard_s == pytest.approx(1.25)


def test_words_of_the_user_are_joined() -> None:
    script = Script(session(vad=False), user_item("item_t", "Look:"), append(pcm(200)))
    script.play(
        sent("input_audio_buffer.commit"), request("turn_1"), committed("item_u"), transcribed("item_u", "there.")
    )
    assert script.turns()[0].user_text == "Look: there."


def test_a_run_shows_its_part_of_the_session() -> None:
    script = Script(session(), text_turn(1), [append(pcm(20, seed=n)) for n in range(50)])
    first, start_bytes = len(script.talk.turns), script.talk.clock.total_bytes
    script.play([append(pcm(20, seed=n)) for n in range(50, 100)], step_s=0.02)
    script.play(speech_started("item_u", 1200), speech_stopped("item_u", 1800), committed("item_u"), answer(2))
    run = script.observer.run("call.wav", script.talk.turns[first:], start_bytes, None, done=False)
    assert run.input.to_pcm16() == b"".join(pcm(20, seed=n) for n in range(50, 100))
    assert (run.source, run.done, run.model, run.endpoint) == ("call.wav", False, "gpt-realtime-2.1", "a script")
    assert [turn.index for turn in run.turns] == [1]
    assert run.speech == run.turns[0].speech
    assert run.input_start_s == script.talk.clock.t_s(start_bytes)
    short = script.observer.run("call.wav", script.talk.turns[first:], start_bytes, start_bytes + 961, done=True)
    assert len(short.input) == 480
    assert short.done


def test_a_run_that_has_not_begun_is_empty() -> None:
    run = Script(session()).observer.run("call.wav", [], 0, None, done=False)
    assert (len(run.input), run.turns, run.speech) == (0, (), ())


@pytest.mark.parametrize(
    ("kind", "words"), [("server_vad", "server VAD"), ("semantic_vad", "semantic VAD"), ("other", "")]
)
def test_turn_detection_in_words(kind: str, words: str) -> None:
    assert Script(session(detection={"type": kind})).view().turn_detection == words


def test_errors_are_shown_even_where_they_say_nothing() -> None:
    view = Script(session(), got("error", error={"message": "No."}), got("error"), got("error", error="No!")).view()
    assert view.errors == ("No.", "unknown error", "unknown error")


def test_views_do_not_change_when_the_session_goes_on() -> None:
    script = Script(session(), user_item("item_1", "Go."), request("turn_1"), answer(1, key="turn_1")[:5])
    before = script.view()
    again = script.view()
    assert before == again
    script.play(answer(1, key="turn_1")[5:])
    assert before == again
    assert script.view() != before


def test_a_transcription_without_usage_is_unpriced_rather_than_free() -> None:
    kind = "conversation.item.input_audio_transcription.completed"
    script = Script(session(), append(pcm(800)), speech_started("item_1", 0), speech_stopped("item_1", 700))
    script.play(committed("item_1"), got(kind, item_id="item_1", transcript="Hello."), answer(1))
    bill = script.turns()[0].cost
    assert bill is not None and bill.total_usd > 0
    (missing,) = bill.unpriced
    assert missing.startswith("transcription")


def test_odd_bytes_of_a_log_that_ends_early_are_no_sample() -> None:
    script = Script(session(), append(pcm(300)), append(b"\x01"), speech_started("item_1", 0))
    script.play(speech_stopped("item_1", 900), *committed("item_1"), answer(1))
    heard = script.turns()[0].user_audio
    assert heard is not None and heard.duration_s == 0.3


def test_what_semantic_vad_waited_is_no_part_of_the_latency() -> None:
    semantic = {"type": "semantic_vad", "silence_duration_ms": None, "prefix_padding_ms": None}
    script = Script(session(detection=semantic)).play([append(pcm(20)) for _ in range(100)], step_s=0.02)
    script.play(speech_started("item_u", 200), speech_stopped("item_u", 1800), committed("item_u"))
    script.play(answer(1))
    (view,) = script.turns()
    assert view.latency is not None
    assert (view.latency.start, view.speech[0].silence_s) == ("turn end", 0.0)


PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Er"
    "kJggg=="
)


def test_a_failed_response_is_a_result_with_all_that_the_server_said() -> None:
    error = {"type": "invalid_request_error", "code": "rate_limit_exceeded", "message": "Rate limit reached."}
    script = Script(session(), user_item("item_1", "Go."), request("turn_1"))
    steps = answer(1, [], key="turn_1", status="failed", usage=None)
    details = {"type": "failed", "error": error}
    steps[-1][1]["response"]["status_details"] = details
    script.play(steps)
    (view,) = script.turns()
    assert (view.status, view.status_reason) == ("failed", "Rate limit reached.")
    assert view.status_details == details
    assert view.error is not None and view.error.code == "rate_limit_exceeded"
    assert view.error.severity == "retry" and view.error.advice
    assert view.cost is None and hash(view)


def test_a_failed_response_that_says_nothing_is_still_an_error() -> None:
    script = Script(session(), request("turn_1"), answer(1, [], key="turn_1", status="failed", usage=None))
    (view,) = script.turns()
    assert view.error is not None and view.error.message == "the server gave no reason"


def test_an_answer_that_the_connection_took_along_says_so() -> None:
    script = Script(session(), request("turn_1"), answer(1, ["Once upon"], key="turn_1")[:6])
    lost: Any = ("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""})
    script.play(lost)
    (view,) = script.turns()
    assert (view.status, view.assistant_text) == ("failed", "Once upon")
    assert view.error is not None and view.error.severity == "retry"
    assert view.error.message == view.status_reason == "The connection ended before the response did."


def test_an_incomplete_response_keeps_what_came_and_says_why() -> None:
    script = Script(session(), request("turn_1"))
    script.play(answer(1, ["Once upon"], key="turn_1", status="incomplete", reason="max_output_tokens"))
    (view,) = script.turns()
    assert (view.status, view.assistant_text, view.error) == ("incomplete", "Once upon", None)
    assert view.status_reason == "cut off at max_output_tokens"
    assert view.status_details == {"type": "incomplete", "reason": "max_output_tokens"}


def test_a_refused_request_is_an_error_with_advice() -> None:
    error = {"event_id": "event_1", "code": "invalid_value", "message": "Bad.", "param": "response.voice"}
    script = Script(session(), request("turn_1", "event_1"), got("error", error=error))
    (view,) = script.turns()
    assert view.error is not None
    assert (view.error.code, view.error.message, view.error.param) == ("invalid_value", "Bad.", "response.voice")


@pytest.mark.parametrize(("text", "kind"), [("What is this?", "mixed"), ("", "image")])
def test_images_of_the_user(text: str, kind: str) -> None:
    content: list[dict[str, Any]] = [{"type": "input_image", "image_url": PIXEL, "detail": "low"}]
    content += [{"type": "input_text", "text": text}] if text else []
    item = {"id": "item_1", "type": "message", "role": "user", "content": content}
    script = Script(session(), sent("conversation.item.create", item=item), request("turn_1"))
    script.play(answer(1, key="turn_1"))
    (view,) = script.turns()
    assert (view.user_kind, view.user_text) == (kind, text)
    assert [(image.url, image.detail) for image in view.user_images] == [(PIXEL, "low")]


def test_races_are_no_errors() -> None:
    race = {"code": "response_cancel_not_active", "message": "Cancellation failed: no active response found"}
    view = Script(session(), got("error", error=race), got("error", error={"message": "No."})).view()
    assert view.errors == ("No.",)
    assert view.quiet == ("Cancellation failed: no active response found",)


def test_notices_of_the_session_are_told_once() -> None:
    script = Script(session())
    notice: Any = ("local", {"type": "rtnb.notice", "text": "The connection was opened again."})
    script.play(notice)
    view = script.observer.session("open", ["A note.", "The connection was opened again."])
    assert view.notes == ("The connection was opened again.", "A note.")


def test_an_answer_that_was_heard_to_its_end_has_nothing_unheard() -> None:
    script = Script(session(), request("turn_1"), answer(1, ["Yes."], [pcm(100)], key="turn_1"))
    (view,) = script.turns()
    assert view.received_s == pytest.approx(0.1)
    assert (view.heard_s, view.unheard_s, view.unheard_cost) == (None, None, None)
    script.play(request("turn_2"), answer(2, ["Text."], key="turn_2"))
    assert script.turns()[1].received_s is None
