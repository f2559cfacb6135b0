"""``rtnb.VadLab`` with a comm that only remembers: what pages ask, what they are told, what stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import comm
import numpy as np
import pytest
from comm.base_comm import BaseComm

import rtnb
from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError, LabelsError, SessionClosedError, SessionError
from rtnb.vad import DetectorTuning, Labels, Setting
from rtnb.widgets import VadLab

FOLDER = rtnb.sample("labelled")
WIDGET = "application/vnd.jupyter.widget-view+json"


class Recorded(BaseComm):
    """Publishes into a list."""

    sent: list[tuple[str, dict[str, Any], list[Any]]]

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.__dict__.setdefault("sent", []).append((msg_type, data or {}, list(buffers or [])))


class Page:
    """The other side of a lab."""

    def __init__(self, comms: list[Recorded]) -> None:
        (self.comm,) = [each for each in comms if "_esm" in str(each.sent[0][1])]

    def say(self, **content: Any) -> None:
        data = {"method": "custom", "content": content}
        self.comm.handle_msg({"content": {"data": data}, "buffers": []})

    def told(self, kind: str) -> list[tuple[dict[str, Any], list[bytes]]]:
        found = [(data["content"], buffers) for _, data, buffers in self.comm.sent if data.get("method") == "custom"]
        return [(content, [bytes(each) for each in buffers]) for content, buffers in found if content["type"] == kind]


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    made: list[Recorded] = []

    def create(*args: Any, **options: Any) -> Recorded:
        made.append(Recorded(*args, **options))
        return made[-1]

    monkeypatch.setattr(comm, "create_comm", create)
    return made


def labelled(**options: Any) -> VadLab:
    return VadLab(FOLDER / "ami_trn07.flac", FOLDER / "ami_trn07.rttm", **options)


def test_a_page_that_says_hello_gets_everything(comms: list[Recorded]) -> None:
    lab = labelled(setting=rtnb.ServerVad(threshold=0.4, idle_timeout_ms=6000))
    page = Page(comms)
    assert not page.comm.sent[0][2], "no sound in the state"
    page.say(type="hello")
    ((recording, (outline, p)),) = page.told("recording")
    ((result, _),) = page.told("result")
    assert recording["duration_s"] == lab.clip.duration_s and len(outline) > 10_000
    assert len(p) == 4 * lab.track.p.size
    assert result["knobs"]["threshold"] == 0.4 and result["knobs"]["idle_timeout_ms"] == 6000
    assert result["labelled"] == {"turns": 5, "segments": 10}


def test_sliders_of_a_page_and_of_code_are_one(comms: list[Recorded]) -> None:
    lab = labelled()
    page = Page(comms)
    seen: list[Setting] = []
    end = lab.on_change(lambda each: seen.append(each.setting))
    page.say(type="set", answers=3, values={"threshold": 0.3, "silence_duration_ms": 700, "turn_gap_s": 1.0})
    assert lab.setting == Setting(0.3, 300, 700) and lab.vad == rtnb.ServerVad(
        threshold=0.3, prefix_padding_ms=300, silence_duration_ms=700
    )
    lab.set(threshold=0.6)
    lab.setting = {"threshold": 0.2}
    assert seen == [Setting(0.3, 300, 700), Setting(0.6, 300, 700), Setting(0.2, 300, 200)]
    assert [content["answers"] for content, _ in page.told("result")] == [3, 0, 0]
    end()
    lab.set(threshold=0.7)
    assert len(seen) == 3
    assert len(lab.turns) == len(lab._bench.shown.table) and lab.score is not None
    assert len(lab.mistakes) == lab.score.errors


def test_what_a_page_may_not_ask_is_answered_in_words(comms: list[Recorded]) -> None:
    lab = labelled()
    page = Page(comms)
    before = (lab.setting, lab.labels)
    for wish in (
        {"type": "set", "answers": 1, "values": {"threshold": 7}},
        {"type": "set", "answers": 2, "values": {"volume": 7}},
        {"type": "edit", "operation": "move", "values": [99, 1, 2]},
        {"type": "edit", "operation": "add", "values": ["x", None]},
        {"type": "edit", "operation": "add", "values": []},
        {"type": "sound", "start_s": "x"},
    ):
        page.say(**wish)
    refused = [content for content, _ in page.told("refused")]
    assert [each["answers"] for each in refused[:2]] == [1, 2] and len(refused) == 6
    assert all(each["text"] for each in refused)
    for odd in ({"type": "edit", "operation": "_become", "values": [None]}, {"type": "nonsense"}, {}):
        page.say(**odd)
    lab._said("nonsense")  # type: ignore[arg-type]
    assert (lab.setting, lab.labels) == before


def test_labels_are_edited_by_pages_and_kept(comms: list[Recorded], tmp_path: Any) -> None:
    lab = VadLab(FOLDER / "ami_trn07.flac")
    page = Page(comms)
    assert lab.score is None
    page.say(type="edit", operation="add", values=[8.3, 9.7])
    page.say(type="edit", operation="add", values=[1.0, 2.0])
    assert page.told("result")[-1][0]["selected"] == 0
    page.say(type="edit", operation="move", values=[0, 20.0, 21.0])
    assert page.told("result")[-1][0]["selected"] == 1
    page.say(type="edit", operation="move", values=[1, 20.0, 21.0], page="p", edit=7)
    page.say(type="edit", operation="remove", values=[5], page="p", edit=8)
    assert [content["edit"] for content, _ in page.told("result")][-2:] == [["p", 7], ["p", 8]]
    assert [(each.start_s, each.end_s) for each in lab.labels.segments] == [(8.3, 9.7), (20.0, 21.0)]
    assert lab.score is not None
    saved = lab.labels.save(tmp_path / "drawn.rttm")
    assert len(Labels.load(saved, name=lab.labels.name or None).segments) == 2
    lab.undo()
    page.say(type="edit", operation="remove", values=[0])
    lab.labels = [(3.0, 4.0)]
    assert len(lab.labels.segments) == 1
    with pytest.raises(LabelsError, match="another recording"):
        lab.labels = [(300.0, 400.0)]
    lab.labels = None
    assert lab.labels.segments == () and lab.score is None


def test_only_the_sound_that_is_played_travels(comms: list[Recorded]) -> None:
    lab = labelled()
    page = Page(comms)
    page.say(type="sound", start_s=20.0, end_s=4000.0)
    ((content, (data,)),) = page.told("sound")
    assert content == {"type": "sound", "start_s": 20.0, "rate_hz": 16000}
    assert data == lab.clip[20.0:].to_pcm16()


def test_bad_input() -> None:
    with pytest.raises(AudioError, match="empty"):
        VadLab(Clip.silence(0.0))
    with pytest.raises(LabelsError, match="another recording"):
        VadLab(Clip.silence(2.0), [(5.0, 6.0)], engine="energy")
    with pytest.raises(ConfigError, match="semantic_vad"):
        VadLab(Clip.silence(2.0), setting={"type": "semantic_vad"}, engine="energy")
    with pytest.raises(ConfigError, match="session"):
        VadLab(Clip.silence(2.0), session="mine", engine="energy")  # type: ignore[arg-type]
    lab = VadLab(Clip.silence(2.0), engine="energy")
    with pytest.raises(TypeError, match=r"no parameter 'treshold'.*turn_gap_s"):
        lab.set(treshold=0.4)
    with pytest.raises(ConfigError, match="idle_timeout_ms"):
        lab.set(idle_timeout_ms=1)


def test_callbacks_that_fail_stop_nothing(caplog: pytest.LogCaptureFixture) -> None:
    lab = VadLab(Clip.silence(2.0), engine="energy")
    seen: list[object] = []
    lab.on_change(lambda each: 1 / 0)
    lab.on_change(seen.append)
    lab.set(threshold=0.3)
    assert seen == [lab] and "ZeroDivisionError" in caplog.text


def test_the_still_is_beside_the_view_and_stays_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = labelled()
    live = lab._repr_mimebundle_()
    assert set(live) == {"text/plain", "text/html", "image/png", WIDGET}
    assert "rtnb.ServerVad(" in live["text/html"] and "not calibrated" in live["text/html"]
    updated: list[Mapping[str, Any]] = []

    class Handle:
        def update(self, bundle: Mapping[str, Any], raw: bool) -> None:
            updated.append(bundle)

    lab._handles.append(Handle())
    lab.set(silence_duration_ms=900)
    lab.freeze()
    lab.freeze()
    (frozen,) = updated
    assert set(frozen) == {"text/plain", "text/html", "image/png"} == set(lab._repr_mimebundle_())
    assert "silence_duration_ms=900" in frozen["text/html"]


@pytest.mark.parametrize("clip", [Clip.silence(3.0), Clip(np.zeros(1), 24000)])
def test_silence_and_a_single_sample_have_stills(clip: Clip) -> None:
    lab = VadLab(clip, engine="energy")
    assert "image/png" in lab._repr_mimebundle_() and "0 turns" in repr(lab)


def test_a_calibration_gives_its_name() -> None:
    class Calibration:
        tuning = DetectorTuning(name="calibrated to a test", hysteresis=0.1)

    for tuning in (Calibration(), Calibration.tuning):
        lab = VadLab(Clip.silence(2.0), engine="energy", tuning=tuning)
        assert lab.prediction == "calibrated to a test" and "local" not in repr(lab)


def test_apply_tells_the_session_that_there_is(comms: list[Recorded]) -> None:
    lab = VadLab(Clip.silence(2.0), engine="energy")
    page = Page(comms)
    page.say(type="apply", answers=0)
    assert "No session is open" in page.told("refused")[-1][0]["text"]
    lab.set(threshold=0.35, silence_duration_ms=450, prefix_padding_ms=200)
    with rtnb.connect(modalities=["text"], journal=False) as one:
        page.say(type="apply", answers=0)
        assert "Applied to the session" in page.told("say")[-1][0]["text"]
        effective = one.config["audio"]["input"]["turn_detection"]
        assert (effective["threshold"], effective["silence_duration_ms"]) == (0.35, 450)
        with rtnb.connect(modalities=["text"], journal=False) as other:
            with pytest.raises(SessionError, match="2 sessions are open"):
                lab.apply()
            given = VadLab(Clip.silence(2.0), engine="energy", session=other, setting={"threshold": 0.9})
            given.apply()
            assert other.config["audio"]["input"]["turn_detection"]["threshold"] == 0.9
            assert one.config["audio"]["input"]["turn_detection"]["threshold"] == 0.35
        with pytest.raises(SessionClosedError):
            given.apply()


def test_a_sweep_fills_rows_that_set_the_sliders(comms: list[Recorded]) -> None:
    lab = labelled()
    page = Page(comms)
    page.say(type="sweep")
    assert lab.wait(60) and lab.sweep is not None
    done = page.told("job")[-1][0]
    assert done["state"] == "done", done
    rows = done["sweep"]["rows"]
    best = lab.sweep.best().setting
    assert rows[0]["knobs"]["threshold"] == best.threshold and rows[0]["score"]["errors"] <= lab.score.errors  # type: ignore[union-attr]
    assert json.dumps(rows, allow_nan=False)
    page.say(type="set", answers=1, values=rows[0]["knobs"])
    assert lab.setting == best
    assert [row.name for row in lab._bench.shown.rows] == ["default", "best found", "this"]
    # A page that comes later sees it too.
    page.say(type="hello")
    assert page.told("job")[-1][0]["sweep"]["rows"] == rows


def test_a_sweep_without_labels_says_what_it_needs(comms: list[Recorded]) -> None:
    lab = VadLab(Clip.silence(2.0), engine="energy")
    Page(comms).say(type="sweep")
    assert lab.wait(30)
    last = Page(comms).told("job")[-1][0]
    assert last["state"] == "failed" and "no labels" in last["text"]
