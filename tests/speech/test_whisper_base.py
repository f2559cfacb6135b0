"""The model of many languages."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import rtnb.speech
from rtnb.audio.clip import Clip
from rtnb.errors import ConfigError, MissingExtraError, ModelError
from rtnb.speech import HibariVoice, weights
from rtnb.speech.languages import known_languages, language_code, language_name
from rtnb.speech.whisper import Whisper, whisper_names

pytestmark = pytest.mark.local

SAMPLES = Path(rtnb.speech.__file__).parent.parent / "samples"
DATA = Path(__file__).parent.parent / "data"
SAID = {
    "fr": "Veuillez composer le code d'accès de la conférence.",
    "es": "Por favor ingrese la clave de entrada para la conferencia.",
}


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


@pytest.mark.parametrize("language", ["fr", "es"])
def test_it_hears_which_language_is_spoken_and_what(many: Whisper, language: str) -> None:
    clip = Clip.load(DATA / f"conference_{language}.flac")
    for asked in ({}, {"language": language}, {"languages": ["de", language]}):
        heard = many.transcribe(clip.samples, clip.rate_hz, **asked)  # type: ignore[arg-type]
        assert heard.language == language
        said, got = words(SAID[language]), words(heard.text)
        assert len(got) == len(said) and sum(a != b for a, b in zip(said, got, strict=True)) <= 1


def test_english_is_english(many: Whisper, ear: Whisper) -> None:
    question = Clip.load(SAMPLES / "weather_question.flac")
    dialogue = Clip.load(SAMPLES / "labelled" / "dialogue_sample.flac")
    heard = many.transcribe(question.samples, question.rate_hz)
    assert (heard.text, heard.language) == ("What is the weather in Paris?", "en")
    # Half a minute is heard in two pieces.
    long = many.transcribe(dialogue.samples, dialogue.rate_hz, tokens=True)
    assert b"".join(token.data for token in long.tokens).decode() == long.text
    assert {"hello", "jersey", "chicago", "yankee"} <= set(words(long.text)) and long.language == "en"


def test_a_sentence_that_ends_too_early_is_decoded_again(many: Whisper, voice: HibariVoice) -> None:
    text = "Could you tell me how long the journey takes?"
    assert words(many.transcribe(voice.synthesize(text), 24000).text) == words(text)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("level", [0.0, 0.001, 0.02, 0.3])
def test_silence_and_noise_are_no_text(many: Whisper, seconds: float, level: float) -> None:
    noise = np.random.default_rng(0).standard_normal(int(16000 * seconds)) * level
    heard = many.transcribe(noise.astype(np.float32))
    assert (heard.text, heard.language) == ("", None)


def test_it_says_what_it_does_not_know(many: Whisper) -> None:
    with pytest.raises(ConfigError, match="99 languages, not 'tlh'"):
        many.transcribe(np.zeros(16000, dtype=np.float32), language="tlh")
    with pytest.raises(ConfigError, match=r"whisper-tiny\.en, whisper-base"):
        Whisper("whisper-huge")


def test_languages_are_those_of_its_vocabulary(many: Whisper) -> None:
    path = weights.verify("whisper-base-part1") / "data" / "vocabulary.txt"
    lines = path.read_text("utf-8").splitlines()
    start = lines.index("<|startoftranscript|>")
    assert [line.strip("<|>") for line in lines[start + 1 : start + 100]] == list(known_languages())


def test_the_parts_make_the_file_that_was_published(many: Whisper) -> None:
    digest = hashlib.sha256()
    for part in (1, 2):
        home = weights.verify(f"whisper-base-part{part}")
        digest.update((home / "data" / f"model.bin.part{part}").read_bytes())
    assert digest.hexdigest() == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def test_nothing_is_left_of_the_joined_file(many: Whisper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"34")
    with weights.in_a_folder({"model.bin": [tmp_path / "a", tmp_path / "b"]}) as folder:
        assert (folder / "model.bin").read_bytes() == b"1234"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    with pytest.raises(ModelError, match="TMPDIR"), weights.in_a_folder({"no/model.bin": [tmp_path / "a"] * 2}):
        raise AssertionError


def test_without_its_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_home", lambda module: None)
    with pytest.raises(MissingExtraError, match=r"rtnb\[base\]"):
        Whisper("whisper-base")
    assert whisper_names() == ("whisper-tiny.en", "whisper-base")


@pytest.mark.parametrize(
    ("written", "code"), [("EN_us", "en"), ("German", "de"), ("zh-Hant", "zh"), ("nb-NO", "no"), ("tlh", "tlh")]
)
def test_languages_are_written_in_many_ways(written: str, code: str) -> None:
    assert language_code(written) == code and language_code(language_name(code)) == code
