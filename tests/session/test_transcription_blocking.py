"""Transcription sessions in scripts and cells."""

from __future__ import annotations

import pytest

import rtnb
from rtnb.errors import SessionClosedError

QUESTION, SAID = rtnb.sample("weather_question"), "What is the weather in Paris?"

pytestmark = pytest.mark.local


def test_the_verbs_block() -> None:
    with rtnb.transcription() as t:
        assert rtnb.open_sessions() == [t]
        assert t.transcribe(QUESTION).text == SAID
        stream = t.stream(QUESTION)
        partials = list(stream)
        assert partials[-1].final and partials[-1].text == SAID
        assert stream.done and stream.wait().text == stream.transcript.text == SAID
        assert "TranscriptStream" in repr(stream)
        assert [each.text for each in t.transcripts] == [SAID, SAID]
        t.append(rtnb.Clip.load(QUESTION))
        t.clear()
        assert t.status == "open" and "2 transcripts" in repr(t)
    assert not rtnb.open_sessions() and t.status == "closed"
    assert t.transcript.text == f"{SAID} {SAID}" and t.cost is not None and stream.text == SAID
    t.close()
    with pytest.raises(SessionClosedError):
        t.transcribe(QUESTION)


def test_a_stream_goes_on_behind_the_caller() -> None:
    with rtnb.transcription() as t:
        stream = t.stream(QUESTION)
        with pytest.raises(TimeoutError):
            stream.wait(0.01)
        assert not stream.done
        assert stream.wait().text == SAID
        cut = t.stream(rtnb.sample("dialogue_sample"))
        assert cut.stop().duration_s < 30 and cut.done and t.transcripts[-1].done


def test_close_all_closes_it() -> None:
    t = rtnb.transcription()
    rtnb.close_all()
    assert t.status == "closed"
