"""Whisper through CTranslate2: speech recognition without torch, tokenizers or a network.

The models are in ``whisper.json``: tiny.en, which is quick and knows English, and base, which knows a hundred
languages and hears which of them is spoken. A file that comes in parts is joined for as long as it is loaded.

The encoder normally sees 30 s, most of it padding. CTranslate2 accepts less, and ten seconds make it four
times as fast; the price is that it sometimes repeats itself. So the spectrogram is padded to 10 s, or to a
second more than the audio, the number of tokens is limited by the duration, and a text that repeats itself
is decoded again with more padding, up to the full 30 s.

Whisper writes a sentence for noise too. A text is dropped when the model itself gives more than a limit of its
own, in ``whisper.json`` with what was measured, to its token for "no speech".
"""

from __future__ import annotations

import functools
import json
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb._cores import usable_cores
from rtnb.audio.pcm import checked_rate
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError, MissingExtraError
from rtnb.speech import weights
from rtnb.speech.base import Token, Transcription
from rtnb.speech.languages import known_languages, language_code
from rtnb.speech.mel import BANDS, FRAMES_A_SECOND, HOP, RATE_HZ, log_mel

__all__ = ["ENGLISH", "MANY", "Whisper", "whisper_languages", "whisper_names"]

ENGLISH, MANY = "whisper-tiny.en", "whisper-base"
"""The models for English alone and for every language."""

ENGLISH_ONLY = ("en",)
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
SILENCE_PEAK = 1e-4
"""-80 dBFS, three steps of 16-bit audio: quieter is digital silence, whatever the model would make of it."""
QUIET_S = 0.2


@functools.cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, Any] = json.loads(files("rtnb.speech").joinpath("whisper.json").read_text("utf-8"))
    models: dict[str, dict[str, Any]] = table["models"]
    return models


def whisper_names() -> tuple[str, ...]:
    """The models that there are.

    Examples
    --------
    >>> whisper_names()
    ('whisper-tiny.en', 'whisper-base')
    """
    return tuple(_table())


def whisper_languages(model: str) -> tuple[str, ...]:
    """The codes of the languages that a model knows.

    Examples
    --------
    >>> whisper_languages("whisper-tiny.en"), len(whisper_languages("whisper-base"))
    (('en',), 99)
    """
    return known_languages() if _table()[model]["multilingual"] else ENGLISH_ONLY


def _weights(model: str) -> tuple[str, ...]:
    """The rows of ``weights.json`` that a model is made of."""
    parts = (part for file in _table()[model]["files"].values() for part, _ in file)
    return tuple(dict.fromkeys(parts))


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
    """Of one piece of audio: text, mean log probability, no-speech probability, how many tokens, them, language."""

    text: str
    logprob: float
    no_speech: float
    count: int
    tokens: tuple[Token, ...] = ()
    language: str | None = None


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


def _sounding_s(samples: NDArray[np.float32]) -> float:
    """Seconds of the audio that are within 20 dB of its loudest hundredth of a second."""
    hops = samples[: samples.size // HOP * HOP].reshape(-1, HOP)
    power = np.square(hops).mean(axis=1)
    return float((power > power.max(initial=0.0) / 100).sum()) * HOP / RATE_HZ


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
    # Half of the cores: on two virtual ones a second thread gains nothing and stalls when the other is busy.
    return max(1, min(4, usable_cores() // 2))


class Whisper:
    """Speech recognition with a Whisper model, int8, on half of the cores, four at most.

    `transcribe` is safe to call from several threads; the model works on one call after the other.

    Parameters
    ----------
    model : str
        ``"whisper-tiny.en"``, which knows English, or ``"whisper-base"``, which knows many languages.

    Raises
    ------
    ConfigError
        There is no such model.
    MissingExtraError
        The model, or the engine, is not installed.
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

    available = True

    def __init__(self, model: str = ENGLISH) -> None:
        if model not in _table():
            raise ConfigError(f"There is no Whisper model {model!r:.80} here; there are {', '.join(_table())}.")
        homes = {part: weights.verify(part) for part in _weights(model)}
        try:
            import ctranslate2
        except ImportError:
            raise MissingExtraError(
                "Speech recognition needs CTranslate2, which is not installed.\n"
                f"Install the voice stack: {weights.INSTALL}"
            ) from None
        row = _table()[model]
        self.name = model
        self.languages = whisper_languages(model)
        self._many = bool(row["multilingual"])
        self._limits: dict[str, Any] = row
        self._view = ctranslate2.StorageView.from_array
        parts = {name: [homes[part] / path for part, path in pieces] for name, pieces in row["files"].items()}
        with weights.in_a_folder(parts) as folder:
            self._model = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", intra_threads=_threads()
            )

    def transcribe(
        self,
        samples: NDArray[np.float32],
        rate_hz: int = RATE_HZ,
        *,
        language: str | None = None,
        languages: Sequence[str] = (),
        tokens: bool = False,
    ) -> Transcription:
        """What was said in `samples`; empty text for silence and noise.

        Parameters
        ----------
        samples : ndarray of float32, shape (n,)
            In -1..1. More than 29 s are cut at quiet places.
        rate_hz : int
            Samples per second.
        language : str, optional
            What is spoken, as a code or a name (``"en"``, ``"en-GB"``, ``"english"``). Otherwise the model listens
            for it, if it knows more than one.
        languages : sequence of str
            Without `language`: it is one of these.
        tokens : bool
            Whether to give the tokens with the log probability of each: that of the softmax over the whole
            vocabulary, after the model's suppression of symbols that are no speech.

        Raises
        ------
        ConfigError
            A language that this model does not know.
        AudioError
            The rate is not a positive whole number.
        """
        among = self._known([language] if language else languages)
        duration_s = samples.size / checked_rate(rate_hz)
        audio = resample(np.ascontiguousarray(samples, dtype=np.float32), rate_hz, RATE_HZ)
        heard = []
        for piece in _cuts(audio):
            heard.append(self._hear(piece, tokens, among))
            # Long audio is of one language: the one of its first words.
            among = among if heard[-1].language is None else [heard[-1].language]
        if len(heard) == 1:
            (only,) = heard
            return Transcription(only.text, duration_s, only.logprob, only.no_speech, only.tokens, only.language)
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
            language=spoken[0].language if spoken else None,
        )

    def _known(self, languages: Sequence[str]) -> list[str]:
        """The codes of what is asked for, as far as this model knows them; none when nothing is asked for."""
        codes = [language_code(language) for language in languages]
        known = [code for code in codes if code in self.languages]
        if codes and not known:
            told = "only English" if not self._many else f"{len(self.languages)} languages"
            raise ConfigError(
                f"The local recogniser ({self.name}) hears {told}, not {languages[0]!r:.80}. "
                + (
                    "Leave the transcription language unset, or set it to 'en'."
                    if not self._many
                    else "Leave the transcription language unset, and it listens for the language itself."
                )
            )
        return known

    def _hear(self, piece: NDArray[np.float32], tokens: bool, among: Collection[str]) -> _Heard:
        """Up to 29 s."""
        if piece.size < HOP or np.abs(piece).max() < SILENCE_PEAK:
            return _Heard("", 0.0, 1.0, 0)
        features = log_mel(piece)
        options: dict[str, Any] = {"return_logits_vocab": True} if tokens else {}
        first = min(FULL_FRAMES, max(SHORT_FRAMES, features.shape[1] + TAIL_FRAMES))
        language = next(iter(among)) if len(among) == 1 else ""
        least = self._limits["least_bytes_a_second"] * _sounding_s(piece)
        for frames in (first, *(wider for wider in WIDER_FRAMES if wider > first)):
            sound = self._encode(features, frames)
            language = language or self._language(sound, among)
            result = self._decode(features, sound, language, **options)
            text = _text(result.sequences[0])
            if self._is_noise(result) or not (_repeats(text) or len(text.encode()) < least):
                break
        if not self._is_noise(result) and _ratio(text) > HOPELESS:
            sound = self._encode(features, FULL_FRAMES)
            result = self._decode(features, sound, language, no_repeat_ngram_size=4, **options)
            text = _text(result.sequences[0])
        speech = not self._is_noise(result) and any(char.isalnum() for char in text)
        return _Heard(
            text=text if speech else "",
            logprob=float(result.scores[0]),
            no_speech=float(result.no_speech_prob),
            count=len(result.sequences[0]),
            tokens=_tokens(result) if tokens and speech else (),
            language=language if speech else None,
        )

    def _is_noise(self, result: Any) -> bool:
        """Whether the model itself takes it for no speech."""
        no_speech, doubt = float(result.no_speech_prob), self._limits["doubt"]
        doubted = no_speech > doubt["no_speech"] and float(result.scores[0]) < doubt["logprob"]
        return bool(doubted or no_speech > self._limits["no_speech"])

    def _encode(self, features: NDArray[np.float32], frames: int) -> Any:
        """What the decoder takes: the sound with so much padding, encoded."""
        frames += frames % 2  # The encoder halves them.
        padded = np.zeros((1, BANDS, frames), dtype=np.float32)
        padded[0, :, : features.shape[1]] = features
        return self._model.encode(self._view(padded))

    def _language(self, sound: Any, among: Collection[str]) -> str:
        """The likeliest language, of those that it may be."""
        if not self._many:
            return ENGLISH_ONLY[0]
        (found,) = self._model.detect_language(sound)
        codes: Iterator[str] = (token.strip("<|>") for token, _ in found)  # The likeliest first.
        return next(code for code in codes if not among or code in among)

    def _decode(self, features: NDArray[np.float32], sound: Any, language: str, **options: Any) -> Any:
        tokens = TOKENS_SPARE + TOKENS_A_SECOND * features.shape[1] // FRAMES_A_SECOND
        named = [f"<|{language}|>", "<|transcribe|>"] if self._many else []
        return self._model.generate(
            sound,
            [["<|startoftranscript|>", *named, "<|notimestamps|>"]],
            beam_size=1,
            # CTranslate2 gives the text half of it, as Whisper does with its context.
            max_length=2 * min(MAX_TOKENS, tokens),
            return_scores=True,
            return_no_speech_prob=True,
            **options,
        )[0]
