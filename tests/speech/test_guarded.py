"""Engines of somebody else's, and all that they may do wrong."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from rtnb.errors import ConfigError, ModelError
from rtnb.speech import Token, Transcription
from rtnb.speech.calls import MOST_STUCK
from rtnb.speech.guarded import GuardedEar, GuardedVoice, guarded_ear, guarded_voice

SOUND = np.zeros(16000, dtype=np.float32)


class Ear:
    """Gives what it was told to."""

    def __init__(self, found: Any, **members: Any) -> None:
        self._found = found
        vars(self).update(members)

    def transcribe(self, samples: Any, rate_hz: int) -> Any:
        return self._found() if callable(self._found) else self._found


class Voice(Ear):
    rate_hz = 16000

    def synthesize(self, text: str) -> Any:
        return self._found() if callable(self._found) else self._found


def raising(error: BaseException) -> Any:
    def work() -> None:
        raise error

    return work


def test_text_is_enough() -> None:
    heard = GuardedEar(Ear("Hello."), "mine").transcribe(SOUND, 16000, language="en")
    assert heard == Transcription("Hello.", 1.0, 0.0, 0.0, language="en")


def test_a_whole_transcription_keeps_what_it_says() -> None:
    said = Transcription("Hi.", 9.0, -0.5, 0.1, (Token(b"Hi.", -0.5),), "de")
    heard = GuardedEar(Ear(said), "mine").transcribe(SOUND, 16000)
    assert heard.duration_s == 1.0 and (heard.text, heard.tokens, heard.language) == ("Hi.", said.tokens, "de")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "returned NoneType, not text"),
        (b"Hello.", "returned bytes, not text"),
        (Transcription(None, 1, 0, 0), "text is NoneType"),  # type: ignore[arg-type]
        (Transcription("Hi", 1, float("nan"), 0), "avg_logprob nan"),
        (Transcription("Hi", 1, 0.5, 0), "avg_logprob 0.5"),
        (Transcription("Hi", 1, 0, 1.5), "no_speech_prob 1.5"),
        (Transcription("Hi", 1, 0, 0, ("Hi",)), "no Token"),  # type: ignore[arg-type]
        (Transcription("Hi", 1, 0, 0, None), "no Token"),  # type: ignore[arg-type]
        (Transcription("Hi", 1, 0, 0, (), 7), "7 as the language"),  # type: ignore[arg-type]
        (raising(KeyError("model\nlost")), "failed: KeyError: 'model"),
        (raising(SystemExit(3)), "failed: SystemExit: 3"),
        (raising(TimeoutError("of its own")), "failed: TimeoutError: of its own"),
    ],
)
def test_nonsense_is_one_clear_error(found: Any, told: str) -> None:
    with pytest.raises(ModelError) as caught:
        GuardedEar(Ear(found), "mine").transcribe(SOUND, 16000)
    assert "The recogniser 'mine'" in str(caught.value) and told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_language_that_it_refuses_itself_is_its_own_error() -> None:
    with pytest.raises(ConfigError, match="no Klingon"):
        GuardedEar(Ear(raising(ConfigError("no Klingon"))), "mine").transcribe(SOUND, 16000)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "NoneType, not an array"),
        (np.zeros(8, dtype=np.int16), "samples of int16"),
        (np.zeros((2, 8), dtype=np.float32), r"shape (2, 8)"),
        (np.array([0.0, np.nan]), "no number"),
        (np.array([0.0, np.inf]), "no number"),
        (np.array([0.0, 3000.0]), "up to 3000"),
        (np.zeros(0), "no sound for a text with something to say"),
        (raising(ValueError("too long")), "failed: ValueError: too long"),
    ],
)
def test_sound_that_is_none_is_one_clear_error(found: Any, told: str) -> None:
    with pytest.raises(ModelError) as caught:
        GuardedVoice(Voice(found), "mine").synthesize("Hello.")
    assert "The synthesiser 'mine'" in str(caught.value) and told in str(caught.value)


def test_sound_is_made_float32_and_clipped() -> None:
    samples = GuardedVoice(Voice(np.array([0.5, -1.2, 1.5])), "mine").synthesize("Hello.")
    assert samples.dtype == np.float32 and samples.tolist() == [0.5, -1.0, 1.0]


@pytest.mark.parametrize("text", ["", "...", " \n", "—"])
def test_where_there_is_nothing_to_say_there_need_be_no_sound(text: str) -> None:
    voice = GuardedVoice(Voice(np.zeros(0)), "mine")
    assert voice.synthesize(text).size == 0 and list(voice.stream(text)) == []


def test_half_a_surrogate_pair_is_replaced() -> None:
    half = "a\ud83d b"
    assert GuardedEar(Ear(half), "mine").transcribe(SOUND, 16000).text == "a? b"
    said = GuardedEar(Ear(Transcription(half, 1, 0, 0, (), half)), half).transcribe(SOUND, 16000)
    assert (said.text, said.language) == ("a? b", "a? b")
    streaming = Ear("", stream=lambda rate_hz: type("S", (), {"push": lambda self, samples: half})())
    stream = GuardedEar(streaming, "mine").stream(16000)
    assert stream is not None and stream.push(SOUND) == "a? b"
    with pytest.raises(ModelError) as caught:
        GuardedEar(Ear(raising(ValueError(half))), half).transcribe(SOUND, 16000)
    assert str(caught.value).encode()


@pytest.mark.parametrize("guarded", [guarded_ear, guarded_voice])
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), ValueError("no weights")])
def test_an_engine_that_cannot_be_made_is_one_clear_error(guarded: Any, error: BaseException) -> None:
    with pytest.raises(ModelError, match=f"'mine' cannot be made: {type(error).__name__}"):
        guarded(raising(error), "mine")
    with pytest.raises(ModelError, match=f"cannot be made: {type(error).__name__}"):
        # It is asked for what it says of itself as well.
        named = type("Named", (Voice,), {"name": property(lambda self: raising(error)())})
        guarded(lambda: named(None), "mine")


def test_an_engine_that_is_never_made_is_given_up() -> None:
    end = threading.Event()

    def make() -> Any:
        end.wait(60)

    make.load_timeout_s = 0.05  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"recogniser 'mine' is not made after 0\.05 s"):
        guarded_ear(make, "mine")
    end.set()
    make.load_timeout_s = "long"  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="load_timeout_s = 'long'"):
        guarded_voice(make, "mine")
    for thread in threading.enumerate():
        if thread.name == "rtnb-plugin":
            thread.join(30)


@pytest.mark.parametrize("rate_hz", [None, 0, "24000", 24000.0, True, 10**9])
def test_a_rate_is_a_rate(rate_hz: Any) -> None:
    with pytest.raises(ConfigError, match="rate_hz"):
        GuardedVoice(Voice(None, rate_hz=rate_hz), "mine")


@pytest.mark.parametrize("members", [{"languages": "en"}, {"languages": [1]}, {"timeout_s": 0}, {"timeout_s": "long"}])
def test_what_it_says_about_itself_is_checked(members: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(members))):
        GuardedEar(Ear("", **members), "mine")


def test_a_call_that_hangs_is_given_up_and_many_are_refused() -> None:
    end = threading.Event()
    ear = GuardedEar(Ear(lambda: str(end.wait(60)), timeout_s=0.05), "mine")
    for _ in range(MOST_STUCK):
        with pytest.raises(ModelError, match=r"did not come back within 0\.05 s"):
            ear.transcribe(SOUND, 16000)
    with pytest.raises(ModelError, match="4 calls have not come back"):
        ear.transcribe(SOUND, 16000)
    end.set()
    for thread in threading.enumerate():
        if thread.name == "rtnb-plugin":
            thread.join(30)
    assert ear.transcribe(SOUND, 16000).text == "True"


@pytest.mark.parametrize("thread_safe", [True, False])
def test_calls_come_one_at_a_time_if_it_wants_that(thread_safe: bool) -> None:
    meeting = threading.Barrier(2)
    lock, most, inside = threading.Lock(), 0, 0

    def work() -> str:
        nonlocal most, inside
        with lock:
            inside += 1
            most = max(most, inside)
        if thread_safe:
            meeting.wait(30)
        with lock:
            inside -= 1
        return "done"

    ear = GuardedEar(Ear(work, thread_safe=thread_safe), "mine")
    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(lambda _: ear.transcribe(SOUND, 16000).text, range(2 if thread_safe else 20)))
    assert set(texts) == {"done"} and most == (2 if thread_safe else 1)


def test_voices_of_the_api_are_mapped_to_its_own() -> None:
    class Choir:
        rate_hz, voices, languages = 16000, ("alto", "bass"), ("fr",)

        def synthesize(self, text: str, *, voice: str, language: str | None = None) -> Any:
            said.append((voice, language))
            return SOUND

    said: list[tuple[str, str | None]] = []
    choir = GuardedVoice(Choir(), "choir")
    for voice, language in (("marin", "fr-CA"), ("bass", "de"), ("cedar", None), ("cedar", None)):
        choir.synthesize("Bonjour.", voice=voice, language=language)
    assert said[:2] == [("alto", "fr-CA"), ("bass", None)]
    assert said[2] == said[3] and said[2][0] in Choir.voices
    with pytest.raises(ConfigError, match="between"):
        choir.synthesize("Bonjour.", speed=9)


def test_a_stream_that_is_none() -> None:
    assert GuardedEar(Ear(""), "mine").stream(16000) is None
    with pytest.raises(ModelError, match="has a method push"):
        GuardedEar(Ear("", stream=lambda rate_hz: 7), "mine").stream(16000)
    broken = Ear("", stream=lambda rate_hz: type("S", (), {"push": lambda self, samples: None})())
    found = GuardedEar(broken, "mine").stream(16000)
    assert found is not None
    with pytest.raises(ModelError, match="NoneType from a stream"):
        found.push(SOUND)
