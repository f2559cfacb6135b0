"""Ears and voices by name: rtnb's own, a package's, a file's."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.command import shell
from support.wire import Wire, speech

from rtnb.errors import ConfigError, ModelError
from rtnb.server import EmbeddedServer, Options
from rtnb.server.answer.delivery import Delivery
from rtnb.speech import check_ear, check_tts, load_voice_stack, shared_loader
from rtnb.speech.engines import EAR, TTS, ear_names, load_ear, load_tts, tts_names

PACKAGE = Path(__file__).parents[1] / "support" / "plugin_package"
KIND = "conversation.item.input_audio_transcription."


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution with entry points, as an installer leaves it."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    monkeypatch.delenv(EAR, raising=False)
    monkeypatch.delenv(TTS, raising=False)


def test_names_are_those_of_rtnb_and_of_packages(package: None) -> None:
    assert ear_names()[:4] == ("auto", "none", "whisper-tiny.en", "whisper-base")
    assert {"stopwatch", "raising-ear"} <= set(ear_names()) and {"steady", "lost-voice"} <= set(tts_names())
    # To ask for the names imports nothing.
    assert "rtnb_lost_module" not in sys.modules
    check_ear("stopwatch")
    check_tts("steady")


def test_an_unknown_name_lists_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"'elephant' is no ear that is here: auto, none, whisper-tiny\.en"):
        shared_loader(ear="elephant")
    monkeypatch.setenv(TTS, "mouse")
    with pytest.raises(ConfigError, match=r"'mouse' \(RTNB_TTS\) is no voice that is here: auto, tone"):
        load_voice_stack()


def test_engines_of_a_package(package: None) -> None:
    ear, voice = load_ear("stopwatch"), load_tts("steady")
    assert (ear.name, voice.name, voice.rate_hz) == ("stopwatch 1.0", "steady", 16000)
    assert ear.transcribe(np.zeros(8000, dtype=np.float32), 16000, language="tlh").text == "0.5 seconds of tlh."
    assert voice.synthesize("Hello").tolist() == [0.25] * 4000


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("absent-ear", ConfigError, "'absent-ear' of rtnb-test-engines cannot be imported: AttributeError"),
        ("raising-ear", ModelError, "The recogniser 'raising-ear' cannot be made: OSError: no licence found"),
        ("rtnb_test_engines:LEVEL", ConfigError, "is float: neither has it a method transcribe"),
        ("rtnb_test_engines:Steady", ConfigError, "gives Steady, which has no method transcribe"),
        ("rtnb_test_engines:Ear", ConfigError, "has no 'Ear'; it has"),
        ("rtnb_no_such_module:Ear", ConfigError, "no module 'rtnb_no_such_module' here for a recogniser"),
        ("nowhere.py:Ear", ConfigError, "recogniser's file 'nowhere.py' does not exist"),
    ],
)
def test_what_is_wrong_with_a_plugin_is_said_at_the_start(
    package: None, name: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error) as caught:
        load_ear(name)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_voice_whose_module_is_lost(package: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_VOICE", "tone")
    with pytest.raises(ConfigError, match="'lost-voice' of rtnb-test-engines cannot be imported: ModuleNotFoundError"):
        load_voice_stack(tts="lost-voice")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "ears.py").write_text("def load():\n    return Ear()\nclass Ear:\n    transcribe = lambda *_: 'Me.'\n")
    ear = load_ear(f"{tmp_path / 'ears.py'}:load")
    assert ear.transcribe(np.zeros(8000, dtype=np.float32)).text == "Me."


def test_in_the_light_stack_too(package: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_VOICE", "tone")
    monkeypatch.setenv(EAR, "stopwatch")
    stack = load_voice_stack(tts="steady")
    assert stack.names | {"turn_end": ""} == {
        "recognizer": "stopwatch 1.0",
        "synthesizer": "steady",
        "vad": "energy",
        "turn_end": "",
    }
    assert stack.turn_end.startswith("words") and stack.complete


def test_speech_goes_in_and_a_plugins_voice_comes_out(package: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTNB_VOICE", "tone")
    options = Options(ear="stopwatch", tts="steady", delivery=Delivery(factor=0))
    with EmbeddedServer(options) as server, Wire(server.url, key=server.key) as wire:
        wire.next()
        transcription = {"model": "gpt-transcribe", "language": "tlh"}
        asked = {"turn_detection": None, "transcription": transcription}
        wire.update(audio={"input": asked, "output": {"voice": "marin"}})
        wire.append(speech())
        wire.send({"type": "input_audio_buffer.commit"})
        done = wire.until(KIND + "completed", KIND + "failed")
        assert done["transcript"] == "1.9 seconds of tlh." and done["languages"] == [{"code": "tlh"}]
        wire.send({"type": "response.create"})
        wire.until("response.done")
        # It knows nothing of French: this transcription fails, and the session goes on.
        wire.update(audio={"input": {"transcription": {"model": "whisper-1", "language": "fr"}}})
        wire.append(speech())
        wire.send({"type": "input_audio_buffer.commit"})
        failed = wire.until(KIND + "completed", KIND + "failed")
    assert failed["error"]["code"] == "unsupported_language"
    audio = b"".join(base64.b64decode(e["delta"]) for e in wire.seen if e["type"] == "response.output_audio.delta")
    samples = np.frombuffer(audio, dtype="<i2") / 32767
    assert samples.size > 12000 and abs(float(np.median(samples)) - 0.25) < 0.01


@pytest.mark.parametrize("engine", [{"ear": "bad.py:Ear"}, {"tts": "bad.py:Voice"}])
def test_an_engine_that_breaks_fails_one_turn(
    engine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.py").write_text(
        "class Ear:\n    def transcribe(self, samples, rate_hz):\n        raise ValueError('no ear today')\n"
        "class Voice:\n    rate_hz = 24000\n    def synthesize(self, text):\n        return 'no sound'\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTNB_VOICE", "tone")
    with EmbeddedServer(Options(**engine)) as server, Wire(server.url, key=server.key) as wire:
        wire.next()
        wire.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
        for _ in range(2):
            wire.append(speech())
            wire.send({"type": "input_audio_buffer.commit"})
            if "ear" in engine:
                error = wire.until(KIND + "completed", KIND + "failed")["error"]
                assert error["code"] == "transcription_failed" and "'bad.py:Ear' failed" in error["message"]
            else:
                wire.until(KIND + "completed")
                wire.send({"type": "response.create"})
                done = wire.until("response.done")["response"]
                assert done["status"] == "failed"
                assert "'bad.py:Voice' returned str" in done["status_details"]["error"]["message"]


@pytest.mark.local
def test_a_server_of_its_own_with_a_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ear", "stopwatch", "--tts", "steady"]
    ready = tmp_path / "ready.json"
    with subprocess.Popen(
        [*command, "--ready-file", str(ready)],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            while not ready.exists() and process.poll() is None:
                time.sleep(0.02)
            assert process.poll() is None, process.communicate()[0]
            with Wire(json.loads(ready.read_text())["url"], key="any") as wire:
                wire.next()
                asked = {"turn_detection": None, "transcription": {"model": "gpt-live-transcribe"}}
                wire.update(audio={"input": asked, "output": {"voice": "marin"}})
                wire.append(speech(seconds_behind=0.5))
                # Of its stream, before the turn is over.
                assert wire.until(KIND + "delta")["delta"].startswith("tick")
                wire.send({"type": "input_audio_buffer.commit"})
                assert wire.until(KIND + "completed", KIND + "failed")["transcript"].startswith("tick")
                wire.send({"type": "response.create"})
                assert wire.until("response.done")["response"]["status"] == "completed"
        finally:
            process.terminate()
            process.communicate(timeout=30)
    audio = b"".join(base64.b64decode(e["delta"]) for e in wire.seen if e["type"] == "response.output_audio.delta")
    assert abs(float(np.median(np.frombuffer(audio, dtype="<i2") / 32767)) - 0.25) < 0.01


def test_a_command_that_names_a_broken_plugin_says_so() -> None:
    told = shell("serve", "--ear", "rtnb_test_engine", PYTHONPATH=str(PACKAGE))
    assert told.status and "stopwatch" in told.err and "Traceback" not in told.err


BROKEN = {
    "absent-ear": ("--ear", "'absent-ear' of rtnb-test-engines cannot be imported: AttributeError"),
    "lost-voice": ("--tts", "'lost-voice' of rtnb-test-engines cannot be imported: ModuleNotFoundError"),
    "rtnb_test_engines:Ear": ("--ear", "'rtnb_test_engines' has no 'Ear'; it has"),
    "rtnb_test_engines:LEVEL": ("--tts", "is float: neither has it a method synthesize"),
    "rtnb_no_such_module:Voice": ("--tts", "no module 'rtnb_no_such_module' here"),
    "nowhere.py:Voice": ("--tts", "file 'nowhere.py' does not exist"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_name_that_cannot_be_resolved_is_refused_at_once(package: None, name: str) -> None:
    option, told = BROKEN[name]
    check, member = (check_ear, "ear") if option == "--ear" else (check_tts, "tts")
    with pytest.raises(ConfigError, match=re.escape(told)):
        check(name)
    with pytest.raises(ConfigError, match=re.escape(told)):
        EmbeddedServer(Options(**{member: name}))  # type: ignore[arg-type]


def test_a_server_with_a_broken_plugin_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text("import sys; sys.exit(7)")
    for name, told in (("lost-voice", "cannot be imported: ModuleNotFoundError"), ("leaving:Voice", "SystemExit: 7")):
        path = os.pathsep.join((str(PACKAGE), str(tmp_path)))
        said = shell("serve", "--port", "0", "--ready-file", tmp_path / "ready.json", "--tts", name, PYTHONPATH=path)
        assert said.status == 1 and told in said.err and "Traceback" not in said.err and not said.out
    assert not (tmp_path / "ready.json").exists()


def test_a_file_is_run_once_for_its_check_and_its_engine(tmp_path: Path) -> None:
    log, file = tmp_path / "log", tmp_path / "mine.py"
    text = "open({!r}, 'a').write('{} ')\nclass Ear:\n    transcribe = lambda *_: '{}'\n"
    file.write_text(text.format(str(log), "one", "one"))
    for _ in range(2):
        check_ear(f"{file}:Ear")
    assert load_ear(f"{file}:Ear").transcribe(np.zeros(8000, dtype=np.float32)).text == "one"
    assert log.read_text() == "one "
    check_ear(f"{file}:Ear")
    file.write_text(text.format(str(log), "another", "another"))
    assert load_ear(f"{file}:Ear").transcribe(np.zeros(8000, dtype=np.float32)).text == "another"
    assert log.read_text() == "one one another "


@pytest.mark.parametrize("error", ["SystemExit(3)", "KeyboardInterrupt()", "OSError('no licence')"])
def test_an_engine_that_cannot_be_made_fails_what_needs_it(
    error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"def load():\n    raise {error}\n")
    monkeypatch.setenv("RTNB_VOICE", "tone")
    with EmbeddedServer(Options(tts=f"{file}:load")) as server, Wire(server.url, key=server.key) as wire:
        wire.next()
        for modality, status in (("audio", "failed"), ("text", "completed"), ("audio", "failed")):
            said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
            wire.send({"type": "conversation.item.create", "item": said})
            wire.send({"type": "response.create", "response": {"output_modalities": [modality]}})
            done = wire.until("response.done")["response"]
            assert done["status"] == status
            if status == "failed":
                message = done["status_details"]["error"]["message"]
                assert f"'{file}:load' cannot be made: {error.partition('(')[0]}" in message


HANGING = """
import pathlib, threading
def hang():
    pathlib.Path({file!r}).touch()
    threading.Event().wait()
class Making:
    def __init__(self): hang()
    transcribe = synthesize = None
class Voice:
    rate_hz = 24000
    def synthesize(self, text): hang()
class Ear:
    def transcribe(self, samples, rate_hz): hang()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM")
@pytest.mark.parametrize(("option", "name"), [("--tts", "Making"), ("--tts", "Voice"), ("--ear", "Ear")])
def test_a_server_whose_engine_hangs_ends_at_the_first_signal(option: str, name: str, tmp_path: Path) -> None:
    ready, hangs = tmp_path / "ready.json", tmp_path / "hangs"
    (tmp_path / "mine.py").write_text(HANGING.format(file=str(hangs)))
    command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(
        [*command, option, f"{tmp_path / 'mine.py'}:{name}"],
        env={**os.environ, "RTNB_VOICE": "tone"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            while not ready.exists() and process.poll() is None:
                time.sleep(0.02)
            assert process.poll() is None, process.communicate()[0]
            with Wire(json.loads(ready.read_text())["url"], key="any") as wire:
                wire.next()
                wire.update(audio={"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}})
                wire.append(speech())
                wire.send({"type": "input_audio_buffer.commit"})
                said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
                wire.send({"type": "conversation.item.create", "item": said})
                wire.send({"type": "response.create"})
                wire.until("response.created")
                while not hangs.exists() and process.poll() is None:
                    time.sleep(0.02)
                process.terminate()
                # Far less than any limit on calls.
                told, _ = process.communicate(timeout=30)
                assert process.returncode == 0 and "Traceback" not in told
        finally:
            process.kill()
