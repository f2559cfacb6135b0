"""What is heard, folded from events in any order."""

from __future__ import annotations

from typing import Any

import pybase64
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.transcribing import Heard, Take, transcript_of

KIND = "conversation.item.input_audio_transcription."


class Fold:
    def __init__(self) -> None:
        self.log, self.talk = EventLog(start_s=0, start_wall_s=1.795e9), Conversation()
        self.heard = Heard(self.talk)
        transcription = {"model": "gpt-transcribe"}
        self.say(
            "session.created", session={"type": "transcription", "audio": {"input": {"transcription": transcription}}}
        )

    def say(self, kind: str, **members: Any) -> Any:
        event = self.log.record({"type": kind, **members}, "received", now_s=float(len(self.log)))
        self.talk.apply(event)
        return self.heard.apply(event)

    def send(self, seconds: float) -> None:
        audio = pybase64.b64encode(bytes(round(seconds * 48000))).decode()
        event = {"type": "input_audio_buffer.append", "audio": audio}
        self.talk.apply(self.log.record(event, "sent", now_s=float(len(self.log))))

    def take(self) -> Take:
        return Take(self.talk, self.log, self.heard, name="x", endpoint="e")


def test_deltas_that_come_before_the_commit_are_of_the_recording() -> None:
    fold = Fold()
    take = fold.take()
    fold.send(1.0)
    partial = fold.say(f"{KIND}delta", item_id="a", delta="Good ")
    assert (partial.text, partial.delta, partial.final) == ("Good ", "Good ", False)
    assert not take.complete() and take.view().segments[0].text == "Good" and not take.view().done
    fold.say("input_audio_buffer.committed", item_id="a")
    last = fold.say(f"{KIND}completed", item_id="a", transcript="Good day", usage={"type": "duration", "seconds": 1})
    assert (last.text, last.delta, last.final) == ("Good day", "day", True)
    assert take.complete()
    take.close()
    said = take.view()
    assert (said.text, said.seconds, said.duration_s, said.done) == ("Good day", 1, 1.0, True)
    assert said.cost is not None and said.cost.total_usd > 0 and said.audio is not None


def test_the_order_is_that_of_the_recording() -> None:
    fold = Fold()
    take = fold.take()
    fold.say(f"{KIND}delta", item_id="late", delta="two")
    fold.say("input_audio_buffer.committed", item_id="early")
    fold.say("input_audio_buffer.committed", item_id="late")
    fold.say(f"{KIND}completed", item_id="late", transcript="two")
    fold.say(f"{KIND}completed", item_id="early", transcript="one")
    assert take.view().text == "one two"


def test_what_is_cleared_is_forgotten() -> None:
    fold = Fold()
    fold.say(f"{KIND}delta", item_id="gone", delta="never mind")
    fold.say("input_audio_buffer.cleared")
    take = fold.take()
    fold.say("input_audio_buffer.committed", item_id="a")
    fold.say(f"{KIND}completed", item_id="a", transcript="kept")
    assert take.view().text == "kept" and take.complete()


def test_a_failure_is_said_and_nothing_waits_for_it() -> None:
    fold = Fold()
    take = fold.take()
    fold.say("input_audio_buffer.committed", item_id="a")
    assert not take.complete()
    fold.say(f"{KIND}failed", item_id="a", error={"message": "too loud"})
    assert take.complete() and take.view().errors == ("too loud",)


def test_speakers_and_probabilities() -> None:
    fold = Fold()
    take = fold.take()
    fold.send(4.0)
    fold.say("input_audio_buffer.committed", item_id="a")
    for speaker, start, text in (("A", 0.0, "Hi."), ("B", 2.0, "Hello.")):
        fold.say(f"{KIND}segment", item_id="a", id=speaker, speaker=speaker, start=start, end=start + 1, text=text)
    fold.say(f"{KIND}completed", item_id="a", transcript="Hi. Hello.")
    said = take.view()
    assert [(s.speaker, s.start_s, s.text) for s in said.segments] == [("A", 0.0, "Hi."), ("B", 2.0, "Hello.")]
    fold.say("input_audio_buffer.committed", item_id="b")
    probable = [{"token": "Yes", "logprob": -0.5, "bytes": [89]}]
    fold.say(f"{KIND}completed", item_id="b", transcript="Yes", logprobs=probable, languages=[{"code": "en"}])
    last = take.view().segments[-1]
    assert last.confidence == 0.6065 and last.languages == ("en",)


def test_a_whole_session_is_one_transcript() -> None:
    fold = Fold()
    for item, text in (("a", "one"), ("b", "two")):
        fold.send(1.0)
        fold.say("input_audio_buffer.committed", item_id=item)
        fold.say(f"{KIND}completed", item_id=item, transcript=text)
    said = transcript_of(fold.log, fold.talk)
    assert said.text == "one two" and said.done and said.duration_s == 2.0


KINDS = st.sampled_from(
    ["input_audio_buffer.committed", "input_audio_buffer.cleared"]
    + [f"{KIND}{kind}" for kind in ("delta", "completed", "failed", "segment")]
)
JUNK = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2))
MEMBERS = st.dictionaries(
    st.sampled_from(["item_id", "delta", "transcript", "usage", "logprobs", "languages", "error", "start", "text"]),
    st.one_of(st.sampled_from(["a", "b"]), JUNK),
)


@given(st.lists(st.tuples(KINDS, MEMBERS), max_size=12))
def test_no_events_break_it(events: list[tuple[str, dict[str, Any]]]) -> None:
    fold = Fold()
    take = fold.take()
    for kind, members in events:
        fold.say(kind, **members)
    take.complete()
    assert take.view().text is not None
