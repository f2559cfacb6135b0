"""How finished an utterance sounds, from its words: the stand-in for the judge of ``semantic_vad``.

The words are those of a recogniser at a pause, so that punctuation is a hint and not a fact: a recogniser
puts a full stop behind many a sentence that is cut short. What the last words are therefore counts before how
they are punctuated. The rules are for English; ``completeness.json`` holds the words, what each finding is
worth and where it comes from. It is an emulation: how the API judges is not published.
"""

from __future__ import annotations

import functools
import json
import math
import re
from pathlib import Path
from typing import Any

from rtnb.vad.semantic import default_semantic_tuning

__all__ = ["combined", "completeness_of"]

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
_LIST = re.compile(r"[,;]\s*")


@functools.cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("completeness.json").read_text("utf-8"))
    for name, value in table.items():
        if isinstance(value, list):
            table[name] = frozenset(value)
    return table


def completeness_of(text: str, language: str | None = None) -> float:
    """How finished `text` sounds, from 0 (in the middle of a sentence) to 1 (nothing is missing).

    Parameters
    ----------
    text : str
        What was heard of the utterance so far; "" (nothing was understood) is judged neither way.
    language : str, optional
        Its code; English by default. Of any other language only the marks at the end are judged.

    Examples
    --------
    >>> from rtnb.vad import completeness_of
    >>> for said in ("What is the weather in Paris?", "I would like to fly to", "My number is five five five"):
    ...     print(completeness_of(said), said)
    0.95 What is the weather in Paris?
    0.08 I would like to fly to
    0.25 My number is five five five
    """
    finding = _finding(text) if language in (None, "en") else _marked(text)
    value: float = _table()["worth"][finding]
    return value


def combined(text: float | None, sound: float | None) -> float | None:
    """One completeness of two: by the words and by the sound, either of which may be missing.

    The two are weighed on the logistic scale, on which independent evidence adds up; the weight of the words
    is ``text_weight`` in ``semantic.json``.

    Examples
    --------
    >>> from rtnb.vad.completeness import combined
    >>> combined(0.9, None), combined(None, None), round(combined(0.9, 0.1), 2)
    (0.9, None, 0.66)
    """
    if text is None or sound is None:
        return sound if text is None else text
    weight = default_semantic_tuning().text_weight
    return 1 / (1 + math.exp(-(weight * _logit(text) + (1 - weight) * _logit(sound))))


def _logit(p: float) -> float:
    # One certain judge must not outvote the other whatever it says.
    p = min(0.99, max(0.01, p))
    return math.log(p / (1 - p))


def _marked(text: str) -> str:
    """What the marks at the end say, in any language."""
    ending = text.strip().rstrip("\"'”»)] ")
    if not _WORD.search(ending):
        return "silent"
    if ending.endswith(("...", "…", "-", "–", "—", ",", ":", ";", "、", "，")):
        return "continuation"
    if ending.endswith(("?", "？", "؟")):
        return "question"
    return "statement" if ending.endswith((".", "!", "。", "！", "।")) else "open"


def _finding(text: str) -> str:
    """What the rules find, a name in the table's ``worth``."""
    table = _table()
    text = text.strip()
    sentence = _last_sentence(text)
    words = [word.lower().replace("’", "'") for word in _WORD.findall(sentence)]
    if not words:
        return "silent"
    ending = text.rstrip("\"')] ")
    asks = ending.endswith("?") and words[0] in table["questions"]
    said = " ".join(words)
    last = words[-1]
    if ending.endswith(("...", "…", "-", "–", "—", ",", ":", ";")):
        return "filler" if last in table["fillers"] else "continuation"
    if said in table["answers"]:
        return "answer"
    if last in table["fillers"] and not (asks and last in table["stranded"]):
        return "filler"
    if last in table["dangling"] and not (ending.endswith("?") and last in table["stranded"]):
        return "dangling"
    if any(said == tail or said.endswith(" " + tail) for tail in table["hanging"]) and not _polite(words, table):
        return "hanging"
    if (found := _dictated(words, table)) is not None:
        return found
    if asks or ending.endswith("?"):
        return "question"
    if words[0] in table["opening"] and "," not in sentence and "then" not in words:
        return "clause"
    if _is_open_list(sentence):
        return "list"
    if ending.endswith((".", "!")):
        return "statement"
    return "spoken" if words[0] in table["questions"] and len(words) >= 4 else "open"


def _last_sentence(text: str) -> str:
    parts = [part for part in re.split(r"(?<=[.!?])\s+", text) if _WORD.search(part)]
    return parts[-1] if parts else ""


def _polite(words: list[str], table: dict[str, Any]) -> bool:
    """A "please" behind a request ends it; alone, or behind next to nothing, it begins one."""
    return words[-1] == "please" and len(words) >= 3 and words[-2] != "you" and words[-2] not in table["dangling"]


def _dictated(words: list[str], table: dict[str, Any]) -> str | None:
    """Digits or letters said one after another: unfinished unless they are as many as a number has."""
    digits = letters = 0
    for word in reversed(words):
        if word.isdigit():
            digits += len(word)
        elif word in table["digits"]:
            digits += word not in ("double", "triple")
        elif len(word) == 1 and not digits:
            letters += 1
        else:
            break
    cued = not table["dictation"].isdisjoint(words)
    if digits in table["complete_digits"]:
        return "statement"
    if letters >= 2 or digits >= 3 or (cued and digits):
        run_of_one = len(words) == 1 or not (cued or _spoken_run(words, table) >= 3 or letters >= 2)
        return None if run_of_one else "dictating"
    return None


def _spoken_run(words: list[str], table: dict[str, Any]) -> int:
    """How many of the last words are digits or groups of digits."""
    count = 0
    for word in reversed(words):
        if not (word.isdigit() or word in table["digits"]):
            break
        count += 1
    return count


def _is_open_list(sentence: str) -> bool:
    """Things told off with commas, of which none is announced as the last."""
    parts = _LIST.split(sentence)
    if len(parts) < 3:
        return False
    short = all(len(_WORD.findall(part)) <= 3 for part in parts[1:])
    return short and not re.search(r"\b(and|or)\b", parts[-1], re.IGNORECASE)
