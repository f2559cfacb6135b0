"""Praat's TextGrid as text, long or short.

Both are one sequence of free-standing strings in double quotes, numbers and flags; everything else on a line is a
comment, and so is what follows an exclamation mark. A quotation mark within a string is doubled. (Praat manual,
"TextGrid file formats".) What a library would give lacks the line of an error, and needs a file rather than its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rtnb.vad.labels.marks import NAMELESS, is_silence
from rtnb.vad.labels.reading import NUMBER, Source, written
from rtnb.vad.labels.segments import Labels, Segment

__all__ = ["ALL", "looks_like", "parse", "render"]

ALL = "*"
"""Every interval tier, each a speaker."""

_TOKEN = re.compile(r'"(?P<text>(?:[^"]|"")*)"|!(?P<comment>[^\n]*)|(?P<word>[^\s"!]\S*)')
_INTERVALS, _POINTS = "IntervalTier", "TextTier"
_NAMELESS_TIERS = frozenset({"", NAMELESS, "silences"})


class _Token(NamedTuple):
    line: int
    text: str
    quoted: bool


class _Interval(NamedTuple):
    line: int
    start_s: float
    end_s: float
    mark: str


def looks_like(text: str) -> bool:
    """Whether it begins as Praat's text files of this class do."""
    return '"ooTextFile' in text[:200] and '"TextGrid"' in text[:400]


def parse(text: str, source: Source, tier: str | None = None) -> None:
    """Gather the intervals of a tier that are neither empty nor marked as silence.

    Parameters
    ----------
    text : str
    source : Source
    tier : str, optional
        The name of the tier, or :data:`ALL`. A single interval tier needs no name.
    """
    tiers = list(_tiers(text, source))
    chosen = _chosen(tiers, tier, source)
    source.known("")
    for name, intervals in chosen:
        for interval in intervals:
            if is_silence(interval.mark):
                source.silent(interval.mark)
            elif interval.mark.strip():
                speaker = "" if name.lower() in _NAMELESS_TIERS else name
                source.add(interval.line, interval.start_s, interval.end_s, speaker)


def render(labels: Labels, name: str) -> str:
    """The text of a file in the long form, with a tier for each speaker.

    Intervals of a tier cannot overlap: labels of one speaker that do are written as one.
    """
    speakers = list(dict.fromkeys(segment.speaker for segment in labels.segments)) or [""]
    end = written(labels.end_s or 1.0)
    lines = [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "",
        "xmin = 0", f"xmax = {end}", "tiers? <exists>", f"size = {len(speakers)}", "item []:",
    ]  # fmt: skip
    for number, speaker in enumerate(speakers, 1):
        intervals = _filled([each for each in labels.segments if each.speaker == speaker], end)
        tier = (speaker or NAMELESS).replace('"', '""')
        lines += [
            f"    item [{number}]:", f'        class = "{_INTERVALS}"', f'        name = "{tier}"',
            "        xmin = 0", f"        xmax = {end}", f"        intervals: size = {len(intervals)}",
        ]  # fmt: skip
        for place, (start, stop, spoken) in enumerate(intervals, 1):
            lines += [
                f"        intervals [{place}]:", f"            xmin = {start}", f"            xmax = {stop}",
                f'            text = "{NAMELESS if spoken else ""}"',
            ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _filled(segments: Sequence[Segment], end: str) -> list[tuple[str, str, bool]]:
    """Intervals without holes: Praat wants them to follow one another from beginning to end."""
    spoken: list[list[str]] = []
    for segment in segments:
        start, stop = written(segment.start_s), written(segment.end_s)
        if spoken and float(start) < float(spoken[-1][1]):
            spoken[-1][1] = max(stop, spoken[-1][1], key=float)
        elif start != stop:
            spoken.append([start, stop])
    filled: list[tuple[str, str, bool]] = []
    last = "0"
    for start, stop in spoken:
        if float(start) > float(last):
            filled.append((last, start, False))
        filled.append((start, stop, True))
        last = stop
    if float(last) < float(end) or not filled:
        filled.append((last, end, False))
    return filled


def _tokens(text: str) -> Iterator[_Token]:
    line, at = 1, 0
    for found in _TOKEN.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        if found["text"] is not None:
            yield _Token(line, found["text"].replace('""', '"'), quoted=True)
        elif (found["word"] and NUMBER.fullmatch(found["word"])) or found["word"] in ("<exists>", "<absent>"):
            yield _Token(line, found["word"], quoted=False)
        elif found["word"] and re.fullmatch(r"[+-]?\d+,\d+|[+-]?(nan|inf(inity)?)", found["word"], re.IGNORECASE):
            yield _Token(line, found["word"], quoted=False)  # kept so that it is refused, and not skipped as a comment


class _Reader:
    """The tokens, one after another."""

    def __init__(self, text: str, source: Source) -> None:
        self._tokens, self._source, self._line = _tokens(text), source, 1

    def next(self, what: str, *, quoted: bool) -> _Token:
        token = next(self._tokens, None)
        if token is None:
            self._source.fail(self._line, f"the file ends where {what} should follow.")
        self._line = token.line
        if token.quoted != quoted:
            self._source.fail(token.line, f"{what} should follow here, not {token.text!r:.60}.")
        return token

    def text(self, what: str) -> _Token:
        return self.next(what, quoted=True)

    def seconds(self, what: str) -> float:
        token = self.next(what, quoted=False)
        return self._source.seconds(token.line, what, token.text)

    def count(self, what: str) -> int:
        token = self.next(what, quoted=False)
        if not token.text.isdecimal():
            self._source.fail(token.line, f"{what} is {token.text!r:.40}, which is not a count.")
        return int(token.text)


def _tiers(text: str, source: Source) -> Iterator[tuple[str, list[_Interval] | None]]:
    """Name and intervals of each tier; None for one of points."""
    reader = _Reader(text, source)
    kind = reader.text("the file type")
    if not kind.text.startswith("ooTextFile") or reader.text("the object class").text != "TextGrid":
        source.fail(kind.line, "this is not a TextGrid that was saved as text; in Praat, use 'Save as text file...'.")
    reader.seconds("xmin"), reader.seconds("xmax")
    if reader.next("<exists>", quoted=False).text != "<exists>":
        return
    for _ in range(reader.count("the number of tiers")):
        klass, name = reader.text("the class of a tier"), reader.text("the name of a tier").text
        reader.seconds("xmin"), reader.seconds("xmax")
        size = reader.count("the number of intervals")
        if klass.text == _POINTS:
            for _ in range(size):
                reader.seconds("a time"), reader.text("a mark")
            yield name, None
        elif klass.text == _INTERVALS:
            yield name, [_interval(reader) for _ in range(size)]
        else:
            source.fail(klass.line, f"{klass.text!r:.40} is no class of tier.")


def _interval(reader: _Reader) -> _Interval:
    start, end = reader.seconds("xmin"), reader.seconds("xmax")
    mark = reader.text("the text of an interval")
    return _Interval(mark.line, start, end, mark.text)


def _chosen(
    tiers: list[tuple[str, list[_Interval] | None]], tier: str | None, source: Source
) -> list[tuple[str, list[_Interval]]]:
    usable = [(name.strip(), intervals) for name, intervals in tiers if intervals is not None]
    names = ", ".join(repr(name) for name, _ in usable) or "none"
    if tier is not None and tier != ALL:
        found = [each for each in usable if each[0] == tier.strip()]
        if not found:
            source.fail(None, f"there is no interval tier {tier!r:.60}; there are: {names:.500}.")
        if len(found) > 1:
            source.fail(None, f"there are {len(found)} interval tiers {tier!r:.60}; rename all but one.")
        return found
    if not usable:
        source.fail(None, "there is no interval tier: points have no length.")
    if tier is None and len(usable) > 1:
        source.fail(
            None,
            f"there are {len(usable)} interval tiers: {names:.500}. Say which one holds the speech by tier=..., or "
            f"tier={ALL!r} for all of them, each a speaker.",
        )
    return usable
