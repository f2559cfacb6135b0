"""The recogniser of the voice stack: quick for English, and for every other language where rtnb[base] is installed.

English stays with Whisper tiny.en, which is loaded at the start. What asks for another language is heard by Whisper
base, which is loaded when it is first asked for; whoever asks waits, about a second. Who names no language is heard
as English, whatever is installed: which language it is, nobody guesses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.speech import weights
from rtnb.speech.base import Transcription
from rtnb.speech.languages import language_code, language_name
from rtnb.speech.whisper import ENGLISH, MANY, Whisper, whisper_languages

__all__ = ["LocalEar", "many_installed"]

RATE_HZ = 16000


def many_installed() -> bool:
    """Whether the model of many languages is there, as far as one sees without reading it."""
    return all(map(weights.installed, ("whisper-base-part1", "whisper-base-part2")))


class LocalEar:
    """Two models behind one recogniser; `transcribe` may be called from several threads.

    Parameters
    ----------
    quick : Whisper
        Hears English.
    load : callable, optional
        Gives the model of many languages; called once, when it is needed.

    Examples
    --------
    >>> ear = LocalEar(Whisper())
    >>> ear.name, "en" in ear.languages
    ('whisper-tiny.en', True)
    """

    available = True

    def __init__(self, quick: Whisper, load: Callable[[], Whisper] | None = None) -> None:
        self._quick = quick
        self._load = load or (lambda: Whisper(MANY))
        self._many: Whisper | None = None
        self._lock = threading.Lock()
        self._can = many_installed() if load is None else True
        self.languages = whisper_languages(MANY) if self._can else quick.languages

    @property
    def name(self) -> str:
        """What it has loaded: one model, or both with a plus between them."""
        return self._quick.name if self._many is None else f"{self._quick.name}+{self._many.name}"

    def transcribe(
        self,
        samples: NDArray[np.float32],
        rate_hz: int = RATE_HZ,
        *,
        language: str | None = None,
        languages: Sequence[str] = (),
        tokens: bool = False,
    ) -> Transcription:
        """As :meth:`Whisper.transcribe`: without a language the audio is taken for English.

        Raises
        ------
        ConfigError
            No model that is installed knows the language.
        WeightsError
            The model of many languages is not the one that rtnb was tested with.
        """
        asked = tuple(dict.fromkeys(map(language_code, [language] if language else languages)))
        if all(code in self._quick.languages for code in asked):
            return self._quick.transcribe(samples, rate_hz, tokens=tokens)
        if self._can and not any(code in self.languages for code in asked):
            # Said before the model is loaded, which would say the same.
            raise ConfigError(
                f"The local recogniser ({MANY}) hears {len(self.languages)} languages, not {asked[0]!r:.80}. Leave the "
                "transcription language unset, or set it to one of them, by its ISO 639-1 code."
            )
        if self._can:
            return self._loaded().transcribe(samples, rate_hz, languages=asked, tokens=tokens)
        if any(code in self._quick.languages for code in asked):
            return self._quick.transcribe(samples, rate_hz, tokens=tokens)
        raise ConfigError(
            f"The local recogniser ({ENGLISH}) hears only English, not {language_name(asked[0])!r:.80}. Leave the "
            f"transcription language unset, or install the model of many languages: {weights.INSTALL_BASE}"
        )

    def prepare(self, languages: Sequence[str]) -> None:
        """These languages will be asked for: what they need is loaded beside everything else; returns at once."""
        codes = list(map(language_code, languages))
        if self._can and self._many is None and not all(code in self._quick.languages for code in codes):
            threading.Thread(target=self._try_load, name="rtnb-ear", daemon=True).start()

    def _try_load(self) -> None:
        try:
            self._loaded()
        except Exception:
            # Whoever asks for words in that language is told.
            return

    def _loaded(self) -> Whisper:
        with self._lock:
            if self._many is None:
                self._many = self._load()
            return self._many
