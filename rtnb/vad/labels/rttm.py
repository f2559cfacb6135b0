"""RTTM, the Rich Transcription Time Marked format of NIST.

One object a line, fields apart by white space: type, file, channel, begin, duration, orthography, subtype, speaker,
confidence, and in newer files a signal lookahead; ``;;`` begins a comment. (NIST, "The 2009 (RT-09) Rich Transcription
Meeting Recognition Evaluation Plan", appendix A.)
"""

from __future__ import annotations

from rtnb.errors import LabelsError
from rtnb.vad.labels.reading import Source, written
from rtnb.vad.labels.segments import Labels

__all__ = ["looks_like", "parse", "render"]

_SPEAKER = "SPEAKER"
_OTHERS = frozenset(
    {"A/P", "CB", "EDIT", "FILLER", "IP", "LEXEME", "NON-LEX", "NON-SPEECH", "NOSCORE", "NO_RT_METADATA", "SEGMENT"}
    | {"SPKR-INFO", "SU"}
)
_NOTHING = "<NA>"


def looks_like(text: str) -> bool:
    """Whether the first line that is no comment has the fields of RTTM."""
    for line in text.split("\n"):
        if line.strip() and not line.lstrip().startswith(";;"):
            fields = line.split()
            return len(fields) >= 8 and fields[0].upper() in {_SPEAKER, *_OTHERS}
    return False


def parse(text: str, source: Source) -> None:
    """Gather the ``SPEAKER`` objects of every recording in a file.

    Examples
    --------
    >>> source = Source("a.rttm")
    >>> parse("SPEAKER call 1 0.5 1.25 <NA> <NA> Ann <NA> <NA>", source)
    >>> source.recordings
    {'call': [Segment(start_s=0.5, end_s=1.75, speaker='Ann')]}
    """
    ignored: set[str] = set()
    for number, line in source.lines(text):
        if line.lstrip().startswith(";;"):
            continue
        fields = line.split()
        kind = fields[0].upper()
        if kind in _OTHERS:
            ignored.add(kind)
            continue
        if kind != _SPEAKER:
            source.fail(number, f"{fields[0]!r:.40} is no type of RTTM; lines of speech begin with SPEAKER.")
        if len(fields) < 8:
            source.fail(number, f"there are {len(fields)} fields; RTTM has ten, of which the eighth is the speaker.")
        start = source.number(number, "begin", fields[3])
        duration = source.number(number, "duration", fields[4])
        if duration < 0:
            source.fail(number, f"the duration is {fields[4]} s: it cannot be negative.")
        speaker = "" if fields[7] == _NOTHING else fields[7]
        # Added as decimals, 2.977 and 0.391 make 3.368; as binary numbers they would not.
        source.add(number, float(start), float(start + duration), speaker, recording=fields[1])
    if ignored:
        source.notes.append(f"objects of type {', '.join(sorted(ignored))} left out: only SPEAKER is labelled speech")


def render(labels: Labels, name: str) -> str:
    """The text of a file.

    Raises
    ------
    LabelsError
        A speaker's name has white space, which separates fields.
    """
    recording = "_".join(name.split()) or "recording"
    lines = []
    for segment in labels.segments:
        speaker = segment.speaker or _NOTHING
        if len(speaker.split()) != 1 or speaker.strip() != speaker:
            raise LabelsError(f"RTTM cannot hold the speaker {speaker!r:.60}: names have no spaces. CSV can.")
        start, end = written(segment.start_s), written(segment.end_s)
        length = written(float(end) - float(start))
        lines.append(f"SPEAKER {recording} 1 {start} {length} <NA> <NA> {speaker} <NA> <NA>\n")
    return "".join(lines)
