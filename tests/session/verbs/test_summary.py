"""What is old in a conversation, and what is counted of it."""

from __future__ import annotations

from support.logs import Script, Step, answer, append, committed, got, pcm, request, sent, session, user_item

from rtnb.session.verbs.summary import exchanges, is_summary, old_items, plain_text, summary_item, tokens_of


def added(item_id: str, role: str = "user", text: str = "Hi.", **members: object) -> Step:
    kind = "output_text" if role == "assistant" else "input_text"
    item = {"id": item_id, "type": "message", "role": role, "content": [{"type": kind, "text": text}], **members}
    return got("conversation.item.added", item=item, previous_item_id=None)


def tool(item_id: str, kind: str, call_id: str) -> Step:
    item = {"id": item_id, "type": kind, "call_id": call_id, "name": "look", "arguments": "{}", "output": "seen"}
    return got("conversation.item.added", item=item, previous_item_id=None)


def test_a_turn_begins_with_what_the_user_says_and_system_messages_are_in_none() -> None:
    script = Script(
        session(), added("s", "system"), added("u1"), added("u2"), added("a1", "assistant"), added("u3"),
        added("s2", "system"), tool("c", "function_call", "call_1"), tool("o", "function_call_output", "call_1"),
        added("a3", "assistant"),
    )  # fmt: skip
    assert exchanges(script.talk) == [["u1", "u2", "a1"], ["u3", "c", "o", "a3"]]
    assert old_items(script.talk, 1) == ["u1", "u2", "a1"]
    assert old_items(script.talk, 2) == [] and old_items(script.talk, 0) == ["u1", "u2", "a1", "u3", "c", "o", "a3"]


def test_a_summary_is_old_but_not_alone() -> None:
    name = summary_item("They met.")["id"]
    script = Script(session(), added(name, "system"), added("u1"), added("a1", "assistant"))
    assert old_items(script.talk, 1) == []
    script.play(added("u2"), added("a2", "assistant"))
    assert old_items(script.talk, 1) == [name, "u1", "a1"]
    assert is_summary(name) and len(name) <= 32


def test_a_call_stays_while_its_output_is_missing_or_new() -> None:
    script = Script(
        session(), added("u1"), tool("c1", "function_call", "call_1"), added("a1", "assistant"),
        added("u2"), tool("o1", "function_call_output", "call_1"), added("a2", "assistant"),
    )  # fmt: skip
    assert old_items(script.talk, 1) == ["u1", "a1"]


def test_what_is_being_answered_is_not_old() -> None:
    steps = answer(1, ["Hello ", "there."])
    begun = next(n for n, (_, event) in enumerate(steps) if event["type"].endswith("delta"))
    script = Script(session(), user_item("u1", "Hi."), added("u1"), request("k"), steps[: begun + 1])
    assert old_items(script.talk, 0) == ["u1"]


def test_plain_text_is_a_line_for_each() -> None:
    script = Script(
        session(), added("u1", text="One\n two."), tool("c", "function_call", "call_1"),
        tool("o", "function_call_output", "call_1"), added("a", "assistant", "Three."), added("e", text=" "),
    )  # fmt: skip
    assert plain_text(script.talk, [*script.talk.order, "nobody"]).splitlines() == [
        "user: One two.", "tool call: look({})", "tool output: seen", "assistant: Three.",
    ]  # fmt: skip


def test_audio_counts_by_its_length() -> None:
    script = Script(session(), append(pcm(1000)), sent("input_audio_buffer.commit", event_id="e"), *committed("u"))
    assert tokens_of(script.talk, ["u"]) == 12
    script.play(answer(1, ["Hi."], [pcm(500)] * 2))
    whole = tokens_of(script.talk, ["item_r1"])
    script.play(got("conversation.item.truncated", item_id="item_r1", content_index=0, audio_end_ms=500))
    assert whole - tokens_of(script.talk, ["item_r1"]) == 10
    assert tokens_of(script.talk, ["nobody"]) == 0
