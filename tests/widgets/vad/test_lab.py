"""``rtnb.VadLab`` with a comm that only remembers: what pages ask, what they are told, what stays."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import comm
import numpy as np
import pytest
from comm.base_comm import BaseComm

import rtnb
from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError, LabelsError, SessionClosedError, SessionError
from rtnb.vad import Corpus, DetectorTuning, Labels, Setting
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
    assert result["labelled"]["turns"] == 5 and result["labelled"]["segments"] == 10
    assert len(result["speakers"]) == 10 and all(result["speakers"])


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
    assert len(lab.mistakes) >= lab.score.errors > 0


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


def test_what_changed_last_is_told_last(comms: list[Recorded]) -> None:
    lab = VadLab(Clip.silence(2.0), engine="energy")
    page = Page(comms)

    def write(values: range) -> None:
        for value in values:
            page.say(type="set", answers=value, values={"prefix_padding_ms": value})

    threads = [threading.Thread(target=write, args=(range(start, start + 60),)) for start in (100, 200, 300, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [content["seq"] for content, _ in page.told("result")]
    assert len(told) == 240 and told == sorted(told) and told[-1] == lab._bench.shown.seq


def test_an_item_brings_its_labels_and_a_score_its_setting() -> None:
    item = Corpus.load(FOLDER)["ami_trn07"]
    lab = VadLab(item)
    assert lab.labels == item.labels and lab.score is not None
    assert VadLab(item, labels=[(1.0, 2.0)]).labels.segments[0].start_s == 1.0
    lab.set(threshold=0.3, silence_duration_ms=700)
    again = VadLab(item, setting=lab.score)
    assert (again.setting.threshold, again.setting.silence_duration_ms) == (0.3, 700)
    again.setting = {"threshold": 0.6, "idle_timeout_ms": 6000}
    assert again.vad.idle_timeout_ms == 6000


def test_a_detector_in_every_form_and_in_none(tmp_path: Any) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(DetectorTuning(hysteresis=0.25, name="calibrated to a file").to_dict()))
    clip = Clip.silence(2.0)
    assert VadLab(clip, engine="energy", tuning=path).prediction == "calibrated to a file"
    assert VadLab(clip, engine="energy", tuning="hysteresis=0.3").tuning.hysteresis == 0.3
    for wrong in ("hysterese=0.3", 7, object()):
        with pytest.raises(ConfigError, match="detector"):
            VadLab(clip, engine="energy", tuning=wrong)


def test_labels_that_hang_over_are_cut_and_said_to_be(comms: list[Recorded]) -> None:
    VadLab(Clip.silence(2.0), [(1.0, 2.06)], engine="energy")
    page = Page(comms)
    page.say(type="hello")
    (note,) = page.told("result")[0][0]["labelled"]["notes"]
    assert "cut to the recording's end" in note


def test_who_speaks_is_said_by_pages(comms: list[Recorded]) -> None:
    lab = VadLab(Clip.silence(5.0), [(1.0, 2.0), (1.0, 3.0)], engine="energy")
    page = Page(comms)
    page.say(type="edit", operation="name", values=[0, "Zoe "])
    last = page.told("result")[-1][0]
    assert last["speakers"][last["selected"]] == "Zoe" and sorted(last["speakers"]) == ["", "Zoe"]
    page.say(type="edit", operation="name", values=[0, 7])
    assert "speaker" in page.told("refused")[-1][0]["text"]
    lab.undo()
    assert {each.speaker for each in lab.labels.segments} == {""}


def test_a_page_asks_whether_the_kernel_lives(comms: list[Recorded]) -> None:
    VadLab(Clip.silence(2.0), engine="energy")
    page = Page(comms)
    page.say(type="ping")
    assert page.told("pong")


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
    lab._picture._handles.append(Handle())
    lab.set(silence_duration_ms=900)
    lab.freeze()
    lab.freeze()
    frozen, note = updated
    assert "run the cell again" in note["text/plain"]
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


def test_a_sweep_searches_with_the_detector_itself(comms: list[Recorded]) -> None:
    plain, moved = labelled(), labelled()
    moved.set(hysteresis=0.4, min_speech_ms=300)
    moved.run_sweep()
    plain.run_sweep()
    assert plain.wait(60) and moved.wait(60)
    assert plain.sweep is not None and moved.sweep is not None
    assert moved.sweep.best().setting == plain.sweep.best().setting
    found = moved._told["sweep"]
    assert "hysteresis 0.4 and minimum speech 300 ms" in found["title"]
    assert "hysteresis" not in plain._told["sweep"]["title"]
    assert all((row["knobs"]["hysteresis"], row["knobs"]["min_speech_ms"]) == (0.15, 0) for row in found["rows"])
    settings = [tuple(row["knobs"].items()) for row in found["rows"]]
    assert len(set(settings)) == len(settings)


def test_a_sweep_without_labels_says_what_it_needs(comms: list[Recorded]) -> None:
    lab = VadLab(Clip.silence(2.0), engine="energy")
    Page(comms).say(type="sweep")
    assert lab.wait(30)
    last = Page(comms).told("job")[-1][0]
    assert last["state"] == "failed" and "no labels" in last["text"]
