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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.pcm import checked_rate
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.speech import weights
from rtnb.speech.base import Token, Transcription
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


def _data(token: str) -> bytes:
    """The bytes of a token of the vocabulary; none for a special one."""
    table = _byte_of_char()
    return b"" if token.startswith("<|") else bytes(table[char] for char in token)


def _text(tokens: list[str]) -> str:
    return b"".join(map(_data, tokens)).decode("utf-8", "replace").strip()


def _log_probability(logits: NDArray[np.float32], index: int) -> float:
    """Natural logarithm of the softmax of a row of logits at one place."""
    shifted = logits.ravel().astype(np.float64) - float(logits.max())
    return float(shifted[index] - np.log(np.exp(shifted).sum()))


def _tokens(result: Any) -> tuple[Token, ...]:
    """The tokens of a decoding that kept its logits, without the space around the whole."""
    rows = zip(result.sequences[0], result.sequences_ids[0], result.logits[0], strict=False)  # The end has logits too.
    found = [Token(_data(token), _log_probability(np.asarray(row), index)) for token, index, row in rows]
    found = [token for token in found if token.data]
    if found:
        found[0] = Token(found[0].data.lstrip(), found[0].logprob)
        found[-1] = Token(found[-1].data.rstrip(), found[-1].logprob)
    return tuple(token for token in found if token.data)


@dataclass(frozen=True, slots=True)
class _Heard:
    """Of one piece of audio: text, mean log probability, no-speech probability, how many tokens, and them."""

    text: str
    logprob: float
    no_speech: float
    count: int
    tokens: tuple[Token, ...] = ()


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
        self,
        samples: NDArray[np.float32],
        rate_hz: int = RATE_HZ,
        *,
        language: str | None = None,
        tokens: bool = False,
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
        tokens : bool
            Whether to give the tokens with the log probability of each: that of the softmax over the whole
            vocabulary, after the model's suppression of symbols that are no speech.

        Raises
        ------
        ConfigError
            Another language: this model knows only English.
        AudioError
            The rate is not a positive whole number.
        """
        if language and not re.fullmatch(r"en(glish|[-_].*)?", language.lower()):
            raise ConfigError(
                f"The local recogniser ({MODEL}) hears only English, not {language!r}. "
                "Leave the transcription language unset, or set it to 'en'."
            )
        duration_s = samples.size / checked_rate(rate_hz)
        audio = resample(np.ascontiguousarray(samples, dtype=np.float32), rate_hz, RATE_HZ)
        heard = [self._hear(piece, tokens) for piece in _cuts(audio)]
        if len(heard) == 1:
            (only,) = heard
            return Transcription(only.text, duration_s, only.logprob, only.no_speech, only.tokens)
        spoken = [one for one in heard if one.text]
        joined: list[Token] = []
        for one in spoken:
            first, *rest = one.tokens or (Token(b"", 0.0),)
            joined += [Token(b" " + first.data if joined else first.data, first.logprob), *rest]
        return Transcription(
            text=" ".join(one.text for one in spoken),
            duration_s=duration_s,
            avg_logprob=sum(one.logprob * one.count for one in heard) / max(sum(one.count for one in heard), 1),
            no_speech_prob=min(one.no_speech for one in heard),
            tokens=tuple(joined) if tokens else (),
        )

    def _hear(self, piece: NDArray[np.float32], tokens: bool) -> _Heard:
        """Up to 29 s."""
        if piece.size < HOP or np.abs(piece).max() < SILENCE_PEAK:
            return _Heard("", 0.0, 1.0, 0)
        features = log_mel(piece)
        options: dict[str, Any] = {"return_logits_vocab": True} if tokens else {}
        first = min(FULL_FRAMES, max(SHORT_FRAMES, features.shape[1] + TAIL_FRAMES))
        for frames in (first, *(wider for wider in WIDER_FRAMES if wider > first)):
            result = self._decode(features, frames, **options)
            text = _text(result.sequences[0])
            if result.no_speech_prob > NO_SPEECH or not _repeats(text):
                break
        if result.no_speech_prob <= NO_SPEECH and _ratio(text) > HOPELESS:
            result = self._decode(features, FULL_FRAMES, no_repeat_ngram_size=4, **options)
            text = _text(result.sequences[0])
        speech = result.no_speech_prob <= NO_SPEECH and any(char.isalnum() for char in text)
        return _Heard(
            text=text if speech else "",
            logprob=float(result.scores[0]),
            no_speech=float(result.no_speech_prob),
            count=len(result.sequences[0]),
            tokens=_tokens(result) if tokens and speech else (),
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
