from __future__ import annotations

import json
from pathlib import Path

import pytest

import rtnb
from rtnb.errors import ConfigError, RecordingError


def test_jsonl_says_how_much_audio_there_was(talk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    timeline = talk.timeline
    lines = timeline.to_jsonl(tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert [each["seq"] for each in found] == list(range(len(timeline)))
    delta = next(each for each in found if each["event"]["type"] == "response.output_audio.delta")
    assert delta["event"]["delta"].startswith("<audio: ") and delta["direction"] == "received"
    assert max(len(line) for line in lines) < 20_000


def test_jsonl_with_audio_is_a_session_again(talk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    again = rtnb.replay(talk.timeline.to_jsonl(tmp_path / "run.jsonl", audio=True))
    first, second = talk.recording.view(), again.view()
    assert [turn.assistant_text for turn in second.turns] == [turn.assistant_text for turn in first.turns]
    for one, other in zip(talk.timeline.speech, again.timeline.speech, strict=True):
        assert (other.audio_start_ms, other.audio_end_ms) == (one.audio_start_ms, one.audio_end_ms)
        assert other.started_s - other.onset_s == pytest.approx(one.started_s - one.onset_s, abs=1e-3)
    assert [turn.received_s for turn in second.turns] == [turn.received_s for turn in first.turns]


def test_jsonl_of_some_families(talk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = talk.timeline.to_jsonl(tmp_path / "run.jsonl", families=["errors", "turn detection"])
    types = {json.loads(line)["event"]["type"] for line in path.read_text().splitlines()}
    assert types == {"error", "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"}
    with pytest.raises(ConfigError, match="'sounds' is no family of events; there are 'audio in'"):
        talk.timeline.to_jsonl(path, families=["sounds"])


def test_perfetto_page_and_picture(talk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    timeline = talk.timeline
    trace = json.loads(timeline.to_perfetto(tmp_path / "run.json").read_text())
    assert trace["traceEvents"]
    page = timeline.to_html(tmp_path / "run.html").read_text(encoding="utf-8")
    assert "weather in Paris" in page and "<script" not in page
    picture = timeline.to_png(tmp_path / "run.png", span_s=(0.0, 2.0)).read_bytes()
    assert picture.startswith(b"\x89PNG")
    both = timeline.to_png(tmp_path / "both.png", timeline).read_bytes()
    assert both.startswith(b"\x89PNG") and both != picture
    with pytest.raises(ConfigError, match="a moment and a later one"):
        timeline.to_png(tmp_path / "no.png", span_s=(2.0, 1.0))


def test_a_place_that_cannot_be_written(talk, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecordingError, match="cannot be written"):
        talk.timeline.to_perfetto(tmp_path / "nowhere" / "run.json")
