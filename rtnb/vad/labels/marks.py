"""Texts of labels that say something about speech other than who speaks."""

from __future__ import annotations

__all__ = ["NAMELESS", "is_silence", "named"]

_SILENCES = (
    frozenset({"sil", "sp", "silent", "silence", "<sil>", "[sil]", "<p:>", "<p>", "pau", "pause", "<pause>", "[pause]"})
    | {"noise", "<noise>", "[noise]", "music", "nonspeech", "non-speech", "non_speech", "no_speech"}
    | {"#", "_", "0", "0.0", "false"}
)
"""Marks of stretches that are not speech: ``sil`` and ``sp`` of forced aligners, ``<p:>`` of WebMAUS, ``silent`` of
Praat's "To TextGrid (silences)", and the classes of tables. ``spn``, spoken noise, is speech."""

_SPEECH = frozenset(["speech", "sounding", "voice", "vad", "1", "1.0", "true"])

NAMELESS = "speech"
"""What is written where a format wants a text and nobody is named."""


def is_silence(mark: str) -> bool:
    """Whether a mark means that nobody speaks; an empty one does not.

    Examples
    --------
    >>> is_silence(" SIL "), is_silence("well"), is_silence("")
    (True, False, False)
    """
    return mark.strip().lower() in _SILENCES


def named(mark: str) -> str:
    """Who a mark names: nobody where it only says that there is speech.

    Examples
    --------
    >>> named(" Ann "), named("Speech")
    ('Ann', '')
    """
    mark = mark.strip()
    return "" if mark.lower() in _SPEECH else mark
