"""What servers do not send back is kept, whatever they do send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import Script, Step, b64, got, pcm, sent, session

from rtnb.audio.formats import PCMU
from rtnb.session.verbs.materials import Materials

PNG = "data:image/png;base64,iVBORw0KGgo="
CONTENT = [{"type": "input_image", "image_url": PNG}, {"type": "input_audio", "audio": b64(pcm(100))}]
ECHO = [{"type": "input_image"}, {"type": "input_audio", "transcript": None}]


def materials(*steps: Step) -> Materials:
    return Materials().catch_up(Script(*steps).log)


def create(item_id: str | None, event_id: str = "e") -> Step:
    named = {} if item_id is None else {"id": item_id}
    item = {**named, "type": "message", "role": "user", "content": CONTENT}
    return sent("conversation.item.create", event_id=event_id, item=item)


def echo(item_id: str, kind: str = "conversation.item.added") -> Step:
    return got(kind, item={"id": item_id, "type": "message", "role": "user", "content": ECHO}, previous_item_id=None)


@pytest.mark.parametrize("kind", ["conversation.item.added", "conversation.item.created"])
@pytest.mark.parametrize("item_id", ["mine", None])
def test_images_and_audio_stay(kind: str, item_id: str | None) -> None:
    found = materials(session(), create(item_id), echo("mine", kind))
    assert found.wires["mine"]["content"][0]["image_url"] == PNG
    assert found.audio("mine", 1) is not None and found.audio("mine", 1)[0] == pcm(100)  # type: ignore[index]
    assert found.audio("mine", 0) is None and found.audio("nobody") is None
    assert not found.unanswered


def test_audio_has_the_format_in_which_it_was_sent() -> None:
    ulaw = {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}
    found = materials(got("session.created", session=ulaw), create("mine"), session(kind="session.updated"))
    assert found.audio("mine", 1)[1] == PCMU and found.format != PCMU  # type: ignore[index]


def test_what_was_refused_is_not_on_its_way_any_more_and_neither_is_what_a_connection_took_with_it() -> None:
    script = Script(session(), create("a", "e1"), create("b", "e2"), create(None, "e3"))
    found = Materials().catch_up(script.log)
    assert found.unanswered == ["a", "b"]
    script.play(got("error", error={"event_id": "e1", "message": "No."}), got("error", error={"event_id": "e3"}))
    assert found.catch_up(script.log).unanswered == ["b"]
    script.play(session())
    assert found.catch_up(script.log).unanswered == []


STEPS = st.sampled_from(
    [
        create("mine"), create(None), echo("mine"), echo("mine", "conversation.item.done"), session(),
        got("error", error={"event_id": "e"}), got("conversation.item.retrieved", item={"id": "mine"}),
        got("conversation.item.added", item=None), got("conversation.item.added", item={"id": "mine", "content": "x"}),
    ]
)  # fmt: skip


@given(st.lists(STEPS, max_size=12))
@settings(deadline=None)
def test_once_sent_it_is_known_in_whatever_order_events_come(steps: list[Step]) -> None:
    found = materials(create("mine"), *steps)
    assert found.audio("mine", 1)[0] == pcm(100)  # type: ignore[index]
