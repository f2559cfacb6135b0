from __future__ import annotations

import numpy as np
import pytest
from support.logs import Script, answer, got, pcm, sent, session

from rtnb.errors import ConfigError
from rtnb.session.timeline.taking import timeline_of_observer
from rtnb.session.timeline.timeline import Timeline


@pytest.fixture
def timeline() -> Timeline:
    steps = answer(1, ["Hel", "lo th", "ere."], [pcm(100), pcm(100), pcm(100)])
    image = {"type": "message", "role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64," + "catcat" * 2000}]}  # fmt: skip
    return timeline_of_observer(
        Script(
            session(), steps, sent("conversation.item.create", item=image), got("some.new.thing", word="CAT")
        ).observer
    )


def types(timeline: Timeline, seqs: np.ndarray) -> list[str]:
    return [timeline.columns.types[timeline.columns.type[seq]] for seq in seqs]


def test_a_type_finds_all_its_events(timeline: Timeline) -> None:
    found = timeline.search("OUTPUT_AUDIO.delta")
    assert types(timeline, found) == ["response.output_audio.delta"] * 3


def test_a_word_over_several_deltas_is_found_at_the_first_of_them(timeline: Timeline) -> None:
    found = timeline.search("hello there", families=["text"])
    assert types(timeline, found) == ["response.output_audio_transcript.delta", "response.output_audio_transcript.done"]


def test_base64_is_not_searched(timeline: Timeline) -> None:
    assert types(timeline, timeline.search("cat")) == ["some.new.thing"]


def test_an_id_finds_its_events(timeline: Timeline) -> None:
    found = timeline.search("item_r1")
    assert "response.output_item.done" in types(timeline, found)
    assert types(timeline, found).count("response.output_audio.delta") == 1, "a run is found once"


def test_nothing_is_everything(timeline: Timeline) -> None:
    assert timeline.search(" ").tolist() == list(range(len(timeline)))
    assert timeline.search("", families="audio out").tolist() == timeline.search("output_audio.").tolist()[0:4]


def test_an_unknown_family(timeline: Timeline) -> None:
    with pytest.raises(ConfigError, match="'sound' is no family"):
        timeline.search("a", families=["sound"])


@pytest.fixture
def spoken() -> Timeline:
    arguments = '{"city":"Paris","note":"line\\nbreak and \\"quote\\" and \\\\ back"}'
    item = {"type": "function_call_output", "call_id": "c1", "output": 'He said "no"\nand left C:\\temp'}
    return timeline_of_observer(
        Script(
            session(),
            got("response.function_call_arguments.done", call_id="c1", name="look", arguments=arguments),
            sent("conversation.item.create", item=item),
            got("some.new.thing", flag=True, nothing=None, number=0.25),
        ).observer
    )


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('"city"', ["response.function_call_arguments.done"]),
        ("paris", ["response.function_call_arguments.done"]),
        ('"city":"Paris"', ["response.function_call_arguments.done"]),
        ('and "quote"', ["response.function_call_arguments.done"]),
        ("line\nbreak", ["response.function_call_arguments.done"]),
        ("\\ back", ["response.function_call_arguments.done"]),
        ('"no"\nand', ["conversation.item.create"]),
        ("C:\\temp", ["conversation.item.create"]),
        ('"', ["response.function_call_arguments.done", "conversation.item.create"]),
        ("call_id", ["response.function_call_arguments.done", "conversation.item.create"]),
        ("0.25", ["some.new.thing"]),
        ('":', ["response.function_call_arguments.done"]),
        ("null", ["some.new.thing"]),
    ],
)
def test_names_and_values_are_searched_and_not_how_json_writes_them(
    spoken: Timeline, text: str, kinds: list[str]
) -> None:
    found = types(spoken, spoken.search(text))
    assert [kind for kind in found if kind != "session.created"] == kinds
