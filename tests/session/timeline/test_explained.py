from __future__ import annotations

import pytest
from support.logs import Script, answer, append, got, pcm, sent, session

from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.explain import explain
from rtnb.session.timeline.explained import ExplainedEvents, what_it_says
from rtnb.session.timeline.taking import timeline_of_observer


def story_of(*steps: object) -> ExplainedEvents:
    return timeline_of_observer(Script(session(), *steps).observer).explained()  # type: ignore[arg-type]


def test_what_comes_many_times_a_second_is_one_line_an_item_although_others_lie_between() -> None:
    story = story_of([append(pcm(20))] * 3, sent("input_audio_buffer.clear"), [append(pcm(20))] * 2,
                     answer(1, ["Hel", "lo"], [pcm(100), pcm(100)]), answer(2, ["Bye"], [pcm(50)]))  # fmt: skip
    (sound,) = story.of_type("input_audio_buffer.append")
    assert (sound.count, sound.says, sound.direction) == (5, "0.10 s of audio", "sent")
    assert sound.last_s > sound.t_s
    first, second = story.of_type("response.output_audio_transcript.delta")
    assert (first.says, first.count, second.says, second.count) == ("“Hello”", 2, "“Bye”", 1)


def test_every_event_is_counted_once_and_in_order() -> None:
    script = Script(session(), [append(pcm(20))] * 3, answer(1, ["Hi"], [pcm(20)]), got("something.new"))
    timeline = timeline_of_observer(script.observer)
    story = timeline.explained()
    assert sum(each.count for each in story) == len(timeline)
    assert [each.seq for each in story] == sorted(each.seq for each in story)
    assert story[-1].type == "something.new" and story[-1].means == "" and story[-1].beta == ""
    assert set(story.types) == {event.type for event in script.observer.log}


def test_the_meaning_is_that_of_explain_and_the_beta_name_too() -> None:
    for each in story_of(answer(1, ["Hi"], [pcm(20)])):
        found = explain(each.type)
        assert (each.means, each.beta) == (found.means, found.beta) and each.means


def test_families_are_chosen_by_whole_words_of_the_name() -> None:
    story = story_of(got("session.updated", session={}), got("sessions.other"))
    assert story.of_type("session").types == ("session.created", "session.updated")
    assert len(story.of_type("session.created", "session.updated")) == 2
    assert story[:1].types == ("session.created",) and repr(story[:1]) == "ExplainedEvents(1 event, 1 line)"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"session": {"type": "realtime", "model": "gpt-realtime"}}, "gpt-realtime"),
        ({"session": {"type": "realtime", "instructions": "Be brief.", "audio": {}}}, "instructions, audio"),
        ({"audio_start_ms": 0}, "audio_start_ms 0"),
        ({"transcript": "Hello."}, "“Hello.”"),
        ({"item": {"type": "function_call", "name": "now"}}, "function_call"),
        ({"item": {"type": "message", "role": "assistant", "status": "in_progress"}},
         "message of the assistant, in_progress"),
        ({"response": {"status": "failed", "usage": None}}, "failed"),
        ({"part": {"type": "audio", "transcript": "Hi."}}, "audio, “Hi.”"),
        ({"rate_limits": [{"name": "tokens", "limit": 40000, "remaining": 39839}]}, "tokens: 39,839 of 40,000 left"),
        ({"error": {"message": "No."}}, "No."),
    ],
)  # fmt: skip
def test_what_one_event_says(body: dict[str, object], words: str) -> None:
    assert what_it_says(body) == words


@pytest.mark.parametrize("broken", [None, 3, "x", [], {}, [None], [{"name": "tokens"}], {"status": 3, "usage": []}])
def test_what_breaks_the_protocol_says_nothing_and_breaks_nothing(broken: object) -> None:
    for name in ("session", "item", "response", "part", "rate_limits", "error", "transcript", "audio_end_ms"):
        assert isinstance(what_it_says({"type": "x", name: broken}), str)


def test_there_is_a_meaning_for_every_event_of_the_protocol() -> None:
    known = catalogue()
    assert all(explain(name).means for name in (*known.client_events, *known.server_events))
