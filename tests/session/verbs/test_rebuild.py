"""A conversation becomes events, and the events become the conversation again."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import Script, Step, answer, append, b64, committed, got, pcm, request, sent, session, user_item

from rtnb.audio.formats import PCMU
from rtnb.errors import ConfigError
from rtnb.protocol.validation import check_client_event
from rtnb.session.verbs import rebuild as module
from rtnb.session.verbs.materials import Materials
from rtnb.session.verbs.rebuild import CUT_MARK, Rebuilt, heard_text, rebuild

PNG = "data:image/png;base64,iVBORw0KGgo="


def rebuilt(script: Script, **options: Any) -> Rebuilt:
    return rebuild(Materials().catch_up(script.log), script.talk, script.log, **options)


def items(found: Rebuilt) -> list[dict[str, Any]]:
    assert all(event["type"] == "conversation.item.create" for event in found.events)
    return [event["item"] for event in found.events]


def added(item_id: str, before: str | None = None, **members: Any) -> Step:
    item = {"id": item_id, "type": "message", "status": "completed", **members}
    return got("conversation.item.added", item=item, previous_item_id=before)


def typed(item_id: str, text: str, role: str = "user") -> list[Step]:
    kind = "output_text" if role == "assistant" else "input_text"
    return [
        user_item(item_id, text, f"event_{item_id}"),
        added(item_id, role=role, content=[{"type": kind, "text": text}]),
    ]


def call(name: str, call_id: str) -> Step:
    item = {"id": name, "type": "function_call", "call_id": call_id, "name": "look", "arguments": '{"at": "x"}'}
    return got("conversation.item.added", item=item, previous_item_id=None)


def output(name: str, call_id: str) -> Step:
    item = {"id": name, "type": "function_call_output", "call_id": call_id, "output": "seen"}
    return got("conversation.item.added", item=item, previous_item_id=None)


def spoken_turn(ms: int = 400, transcript: str | None = "Hello?") -> list[Any]:
    steps: list[Any] = [
        append(pcm(ms)),
        sent("input_audio_buffer.commit", event_id="e_commit"),
        *committed("item_u"),
    ]
    if transcript is not None:
        kind = "conversation.item.input_audio_transcription.completed"
        steps.append(got(kind, item_id="item_u", content_index=0, transcript=transcript))
    return steps


def test_typed_messages_keep_their_ids_roles_and_order() -> None:
    script = Script(session(), *typed("a", "One."), answer(1, ["Two."]), *typed("s", "Be brief.", "system"))
    found = rebuilt(script)
    assert [(item["id"], item["role"], item["content"]) for item in items(found)] == [
        ("a", "user", [{"type": "input_text", "text": "One."}]),
        ("item_r1", "assistant", [{"type": "output_text", "text": "Two."}]),
        ("s", "system", [{"type": "input_text", "text": "Be brief."}]),
    ]
    assert not found.left_out and not found.changed and str(found) == "3 items"


def test_the_users_audio_comes_out_of_the_log_with_its_transcript() -> None:
    (item,) = items(rebuilt(Script(session(), *spoken_turn())))
    (part,) = item["content"]
    assert part == {"type": "input_audio", "audio": b64(pcm(400)), "transcript": "Hello?"}


def test_or_its_transcript_stands_for_it() -> None:
    found = rebuilt(Script(session(), *spoken_turn()), audio="transcript")
    assert items(found)[0]["content"] == [{"type": "input_text", "text": "Hello?"}]
    assert [loss.item_id for loss in found.changed] == ["item_u"]


def test_audio_that_was_not_transcribed_travels_as_audio_in_any_case() -> None:
    (item,) = items(rebuilt(Script(session(), *spoken_turn(transcript=None)), audio="transcript"))
    assert item["content"] == [{"type": "input_audio", "audio": b64(pcm(400))}]


def test_audio_is_in_the_format_that_the_session_has_now() -> None:
    ulaw = {"audio": {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": None}}}
    script = Script(session(), *spoken_turn(), got("session.updated", session={"type": "realtime", **ulaw}))
    (item,) = items(rebuilt(script))
    assert len(base64.b64decode(item["content"][0]["audio"])) == 400 * PCMU.bytes_per_ms


def test_audio_and_images_that_a_client_sent_in_an_item_come_back_though_no_server_echoes_them() -> None:
    content = [
        {"type": "input_text", "text": "Look."},
        {"type": "input_image", "image_url": PNG, "detail": "low"},
        {"type": "input_audio", "audio": b64(pcm(200))},
    ]
    echo = [content[0], {"type": "input_image", "detail": "low"}, {"type": "input_audio", "transcript": None}]
    made = {"id": "x", "type": "message", "role": "user"}
    script = Script(
        session(),
        sent("conversation.item.create", event_id="e", item={**made, "content": content}),
        added("x", role="user", content=echo),
    )
    (item,) = items(rebuilt(script))
    assert item["content"] == content


def test_so_does_what_was_sent_without_an_id() -> None:
    content = [{"type": "input_image", "image_url": PNG}]
    made = {"type": "message", "role": "user", "content": content}
    script = Script(
        session(),
        sent("conversation.item.create", event_id="e", item=made),
        added("item_s", role="user", content=[{"type": "input_image"}]),
    )
    assert items(rebuilt(script))[0]["content"] == content


def test_a_spoken_answer_becomes_text_and_that_is_said() -> None:
    script = Script(
        session(), *typed("a", "Hi."), request("k"), answer(1, ["Hello ", "there."], [pcm(100)] * 2, key="k")
    )
    found = rebuilt(script)
    assert items(found)[1]["content"] == [{"type": "output_text", "text": "Hello there."}]
    assert [loss.item_id for loss in found.changed] == ["item_r1"] and "no assistant audio" in str(found)


def test_a_cut_answer_goes_as_far_as_it_was_heard_and_is_marked() -> None:
    words = ["The first part, ", "and the second part."]
    script = Script(session(), answer(1, words, [pcm(1000)] * 2))
    script.play(sent("conversation.item.truncate", item_id="item_r1", content_index=0, audio_end_ms=1000))
    script.play(got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=1000))
    found = rebuilt(script)
    (text,) = (part["text"] for part in items(found)[0]["content"])
    assert text.endswith(CUT_MARK) and text.startswith("The first part,") and "second part" not in text
    assert "estimated" in found.changed[0].what


def test_an_answer_of_which_nothing_was_heard_is_left_out() -> None:
    script = Script(session(), answer(1, ["Hello."], [pcm(500)]))
    script.play(got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=0))
    found = rebuilt(script)
    assert not found.events and "nothing was heard" in found.left_out[0].what


def test_an_answer_that_was_not_complete_is_left_out_so_that_its_question_comes_last() -> None:
    steps = answer(1, ["One, ", "two."])
    cut = next(n for n, (_, event) in enumerate(steps) if event["type"].endswith("delta"))
    script = Script(session(), *typed("a", "Count."), steps[: cut + 1])
    script.play(("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""}))
    found = rebuilt(script)
    assert [item["id"] for item in items(found)] == ["a"] and "respond()" in found.left_out[0].what


def test_calls_go_with_their_outputs_or_not_at_all() -> None:
    script = Script(
        session(), call("c1", "call_1"), output("o1", "call_1"), call("c2", "call_2"), output("o3", "call_3")
    )
    found = rebuilt(script)
    assert items(found) == [
        {"id": "c1", "type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"at": "x"}'},
        {"id": "o1", "type": "function_call_output", "call_id": "call_1", "output": "seen"},
    ]
    assert {loss.item_id for loss in found.left_out} == {"c2", "o3"}


def test_a_call_that_still_runs_is_there_for_its_output() -> None:
    found = rebuilt(Script(session(), call("c2", "call_2")), running={"call_2"})
    assert [item["id"] for item in items(found)] == ["c2"]


def test_what_mcp_servers_did_and_unknown_types_are_left_out_and_told() -> None:
    script = Script(
        session(),
        got("conversation.item.added", item={"id": "m", "type": "mcp_list_tools", "tools": []}),
        got("conversation.item.added", item={"id": "n", "type": "hologram"}),
    )
    found = rebuilt(script)
    assert not found.events and [loss.item_id for loss in found.left_out] == ["m", "n"]
    assert "MCP" in str(found) and "hologram" in str(found)


def test_deleted_items_do_not_come_back_and_items_on_their_way_do() -> None:
    script = Script(session(), *typed("a", "One."), *typed("b", "Two."), got("conversation.item.deleted", item_id="a"))
    script.play(user_item("c", "Three.", "event_c"), user_item("d", "Four.", "event_d"))
    script.play(got("error", error={"message": "No.", "event_id": "event_d"}))
    assert [item["id"] for item in items(rebuilt(script))] == ["b", "c"]


def test_the_next_connection_begins_empty_and_can_be_rebuilt_again() -> None:
    script = Script(session(), *typed("a", "One."), *spoken_turn(), answer(1, ["Two."], [pcm(100)]))
    first = rebuilt(script)
    script.play(session())
    assert not rebuilt(script).events
    for item in items(first):
        script.play(sent("conversation.item.create", event_id=f"again_{item['id']}", item=item))
        echo = [{name: value for name, value in part.items() if name != "audio"} for part in item["content"]]
        script.play(added(item["id"], role=item["role"], content=echo))
    assert items(rebuilt(script)) == items(first)


def test_audio_too_long_for_one_event_becomes_its_transcript(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_AUDIO", 1000)
    found = rebuilt(Script(session(), *spoken_turn()))
    assert items(found)[0]["content"] == [{"type": "input_text", "text": "Hello?"}]
    assert "too long" in found.changed[0].what
    lost = rebuilt(Script(session(), *spoken_turn(transcript=None)))
    assert not lost.events and "not transcribed" in lost.left_out[0].what


def test_another_way_with_audio_is_an_error() -> None:
    with pytest.raises(ConfigError, match="keep"):
        rebuilt(Script(session()), audio="loud")


def test_nonsense_from_a_server_rebuilds_nothing_and_raises_nothing() -> None:
    odd = [
        got("conversation.item.added", item=5),
        got("conversation.item.added", item={"id": 5}),
        got("conversation.item.added", item={"id": "y", "type": "message", "role": "user", "content": "text"}),
        got("conversation.item.added", item={"id": "z", "type": "message", "role": "user", "content": [5, None]}),
        sent("conversation.item.create", item=[]),
        got("error", error=None),
        got("session.updated", session={"audio": {"input": {"format": {"type": "audio/mp3"}}}}),
    ]
    found = rebuilt(Script(session(), *odd))
    assert not found.events and {loss.item_id for loss in found.left_out} == {"y", "z"}


@given(st.text(max_size=200), st.floats(-1, 2))
@settings(deadline=None)
def test_heard_text_is_a_beginning_of_the_text(text: str, share: float) -> None:
    kept = heard_text(text, share)
    assert text.startswith(kept.removesuffix(CUT_MARK) if share < 1 else kept)
    assert len(kept.removesuffix(CUT_MARK)) <= max(0.0, share) * len(text) + 1


@given(st.text(max_size=200), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_who_hears_longer_hears_more(text: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert len(heard_text(text, less).removesuffix(CUT_MARK)) <= len(heard_text(text, more))


WHOLE: list[Step] = [
    *typed("a", "One."),
    *spoken_turn(200),
    *answer(1, ["The first part, ", "and more."], [pcm(200)] * 2),
    got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=200),
    call("c1", "call_1"),
    output("o1", "call_1"),
    *typed("s", "Be brief.", "system"),
    got("conversation.item.deleted", item_id="a"),
    sent("conversation.item.create", event_id="e9", item={"id": "z", "type": "message", "role": "user"}),
    *answer(2, ["Yes."]),
    session(),
]


@given(st.lists(st.sampled_from(range(len(WHOLE))), max_size=60), st.sampled_from(["keep", "transcript"]))
@settings(deadline=None, max_examples=60)
def test_whatever_a_server_sends_what_is_rebuilt_is_what_the_api_takes(order: list[int], audio: str) -> None:
    found = rebuilt(Script(session(), [WHOLE[index] for index in order]), audio=audio)
    called: set[str] = set()
    for event in found.events:
        assert check_client_event(event) is None, event
        item = event["item"]
        called |= {item["call_id"]} if item["type"] == "function_call" else set()
        assert item["type"] != "function_call_output" or item["call_id"] in called
    ids = [event["item"]["id"] for event in found.events]
    assert len(ids) == len(set(ids)) and not set(ids) & {loss.item_id for loss in found.left_out}
