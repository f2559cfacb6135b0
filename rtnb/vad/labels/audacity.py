"""Audacity's label tracks as text: start, end and text apart by tabs, in seconds.

With "extended format with frequency ranges" a second line, which begins with a backslash, follows each label of a
spectral selection. Start and end of a point label are the same. (Audacity manual, "Importing and Exporting Labels".)
"""

from __future__ import annotations

from rtnb.vad.labels.marks import NAMELESS, is_silence, named
from rtnb.vad.labels.reading import NUMBER, Source, written
from rtnb.vad.labels.segments import Labels

__all__ = ["looks_like", "parse", "render"]

_SPECTRAL = "\\"


def looks_like(text: str) -> bool:
    """Whether the first label has two times."""
    for line in text.split("\n"):
        if line.strip():
            fields = line.split(None, 2)
            return len(fields) >= 2 and all(NUMBER.fullmatch(field) for field in fields[:2])
    return False


def parse(text: str, source: Source) -> None:
    """Gather the labels of a track; their texts are taken as speakers.

    Examples
    --------
    >>> source = Source("a.txt")
    >>> parse("0.5\\t1.75\\tAnn", source)
    >>> source.recordings
    {'': [Segment(start_s=0.5, end_s=1.75, speaker='Ann')]}
    """
    for number, line in source.lines(text):
        if line.startswith(_SPECTRAL):
            continue
        # Tabs are what Audacity writes; hands write spaces.
        fields = line.split("\t", 2) if "\t" in line else line.split(None, 2)
        if len(fields) < 2:
            source.fail(number, f"a label has a start and an end apart by a tab, not {line.strip()!r:.60}.")
        start, end = source.seconds(number, "start", fields[0]), source.seconds(number, "end", fields[1])
        mark = fields[2] if len(fields) > 2 else ""
        if is_silence(mark):
            source.silent(mark)
        else:
            source.add(number, start, end, named(mark))


def render(labels: Labels, name: str) -> str:
    """The text of a file; white space within names becomes single spaces."""
    return "".join(
        f"{written(each.start_s)}\t{written(each.end_s)}\t{' '.join(each.speaker.split()) or NAMELESS}\n"
        for each in labels.segments
    )
