"""Whisper tiny.en through CTranslate2: speech recognition without torch, tokenizers or a network.

The encoder normally sees 30 s, most of it padding. CTranslate2 accepts less, and ten seconds make it four
times as fast; the price is that it sometimes repeats itself. So the spectrogram is padded to 10 s, or to a
second more than the audio, the number of tokens is limited by the duration, and a text that repeats itself
is decoded again with more padding, up to the full 30 s.

Whisper writes a sentence for noise too. A text is dropped when the model itself gives more than
``NO_SPEECH`` to its token for "no speech". Measured: noise, hum and clicks 0.77 and above; single words,
read or in a meeting, 0.71 and below.
"""

from __future__ import annotations

import functools
import os
import re
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.pcm import checked_rate
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.speech import weights
from rtnb.speech.base import Transcription
from rtnb.speech.mel import BANDS, FRAMES_A_SECOND, HOP, RATE_HZ, log_mel

__all__ = ["Whisper"]

MODEL = "whisper-tiny.en"
PROMPT = ["<|startoftranscript|>", "<|notimestamps|>"]
FULL_FRAMES = 3000
SHORT_FRAMES = 1000
WIDER_FRAMES = (2000, FULL_FRAMES)
"""Tried in turn for a text that repeats itself: the narrower one cures nearly all, at half the cost."""
TAIL_FRAMES = 100
"""Padding after the audio: without any, every second clip repeats itself; more than a second gains nothing."""
TOKENS_A_SECOND = 8
TOKENS_SPARE = 12
MAX_TOKENS = 224
REPETITIVE = 1.8
HOPELESS = 2.4
"""Bytes of text a byte of zlib: plain speech stays below the first, Whisper's own limit is the second."""
NO_SPEECH = 0.75
SILENCE_PEAK = 1e-4
"""-80 dBFS, three steps of 16-bit audio: quieter is digital silence, whatever the model would make of it."""
QUIET_S = 0.2


@functools.cache
def _byte_of_char() -> dict[str, int]:
    """The byte behind each character of a byte-level vocabulary (GPT-2): printable ones stand for themselves."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    rest = [byte for byte in range(256) if byte not in set(plain)]
    return {chr(byte): byte for byte in plain} | {chr(256 + n): byte for n, byte in enumerate(rest)}


def _text(tokens: list[str]) -> str:
    table = _byte_of_char()
    data = bytes(table[char] for token in tokens if not token.startswith("<|") for char in token)
    return data.decode("utf-8", "replace").strip()


def _ratio(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def _repeats(text: str) -> bool:
    """Whether the text compresses like a loop, or says all its words twice or more."""
    words = re.findall(r"\w+", text.lower())
    doubled = any(
        len(words) % size == 0 and words == words[:size] * (len(words) // size)
        for size in range(1, len(words) // 2 + 1)
    )
    return doubled or _ratio(text) > REPETITIVE


def _cuts(samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Pieces that fit the encoder, cut at the quietest place of their second half."""
    limit = (FULL_FRAMES - TAIL_FRAMES) * HOP
    width = int(QUIET_S * RATE_HZ)
    pieces = []
    while samples.size > limit:
        power = np.cumsum(np.square(samples[limit // 2 : limit], dtype=np.float64))
        at = limit // 2 + int(np.argmin(power[width:] - power[:-width])) + width // 2
        pieces.append(samples[:at])
        samples = samples[at:]
    return [*pieces, samples]


def _threads() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Half of the cores: on two virtual ones a second thread gains nothing and stalls when the other is busy.
    return max(1, min(4, usable // 2))


class Whisper:
    """English speech recognition with Whisper tiny.en, int8, on half of the cores, four at most.

    `transcribe` is safe to call from several threads; the model works on one call after the other.

    Raises
    ------
    MissingExtraError
        The voice stack is not installed.
    WeightsError
        The model's files are not the ones that rtnb was tested with.

    Examples
    --------
    >>> import rtnb.speech
    >>> from pathlib import Path
    >>> from rtnb.audio import Clip
    >>> clip = Clip.load(Path(rtnb.speech.__file__).parent.parent / "samples" / "weather_question.flac")
    >>> rtnb.speech.Whisper().transcribe(clip.samples, clip.rate_hz).text
    'What is the weather in Paris?'
    """

    name = MODEL
    available = True

    def __init__(self) -> None:
        home = weights.verify(MODEL)
        try:
            import ctranslate2
        except ImportError:
            raise MissingExtraError(
                "Speech recognition needs CTranslate2, which is not installed.\n"
                f"Install the voice stack: {weights.INSTALL}"
            ) from None
        self._view = ctranslate2.StorageView.from_array
        self._model = ctranslate2.models.Whisper(
            str(home / "model"), device="cpu", compute_type="int8", intra_threads=_threads()
        )

    def transcribe(
        self, samples: NDArray[np.float32], rate_hz: int = RATE_HZ, *, language: str | None = None
    ) -> Transcription:
        """What was said in `samples`, in English; empty text for silence and noise.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            In -1..1. More than 29 s are cut at quiet places.
        rate_hz : int
            Samples per second.
        language : str, optional
            None or English (``"en"``, ``"en-GB"``, ``"english"``).

        Raises
        ------
        ConfigError
            Another language: this model knows only English.
        AudioError
            The rate is not a positive whole number.
        """
        if language and not re.fullmatch(r"en(glish|[-_].*)?", language.lower()):
            raise ConfigError(
                f"The local recogniser ({MODEL}) hears only English, not {language!r}.\n"
                "Leave the transcription language unset, or set it to 'en'."
            )
        duration_s = samples.size / checked_rate(rate_hz)
        audio = resample(np.ascontiguousarray(samples, dtype=np.float32), rate_hz, RATE_HZ)
        heard = [self._hear(piece) for piece in _cuts(audio)]
        if len(heard) == 1:
            text, logprob, no_speech, _ = heard[0]
            return Transcription(text, duration_s, logprob, no_speech)
        tokens = sum(count for *_, count in heard)
        return Transcription(
            text=" ".join(text for text, *_ in heard if text),
            duration_s=duration_s,
            avg_logprob=sum(logprob * count for _, logprob, _, count in heard) / max(tokens, 1),
            no_speech_prob=min(no_speech for _, _, no_speech, _ in heard),
        )

    def _hear(self, piece: NDArray[np.float32]) -> tuple[str, float, float, int]:
        """Text, mean log probability, no-speech probability and number of tokens of up to 29 s."""
        if piece.size < HOP or np.abs(piece).max() < SILENCE_PEAK:
            return "", 0.0, 1.0, 0
        features = log_mel(piece)
        first = min(FULL_FRAMES, max(SHORT_FRAMES, features.shape[1] + TAIL_FRAMES))
        for frames in (first, *(wider for wider in WIDER_FRAMES if wider > first)):
            result = self._decode(features, frames)
            text = _text(result.sequences[0])
            if result.no_speech_prob > NO_SPEECH or not _repeats(text):
                break
        if result.no_speech_prob <= NO_SPEECH and _ratio(text) > HOPELESS:
            result = self._decode(features, FULL_FRAMES, no_repeat_ngram_size=4)
            text = _text(result.sequences[0])
        speech = result.no_speech_prob <= NO_SPEECH and any(char.isalnum() for char in text)
        return (
            text if speech else "",
            float(result.scores[0]),
            float(result.no_speech_prob),
            len(result.sequences[0]),
        )

    def _decode(self, features: NDArray[np.float32], frames: int, **options: Any) -> Any:
        frames += frames % 2  # The encoder halves them.
        padded = np.zeros((1, BANDS, frames), dtype=np.float32)
        padded[0, :, : features.shape[1]] = features
        tokens = TOKENS_SPARE + TOKENS_A_SECOND * features.shape[1] // FRAMES_A_SECOND
        return self._model.generate(
            self._view(padded),
            [PROMPT],
            beam_size=1,
            # CTranslate2 gives the text half of it, as Whisper does with its context.
            max_length=2 * min(MAX_TOKENS, tokens),
            return_scores=True,
            return_no_speech_prob=True,
            **options,
        )[0]
