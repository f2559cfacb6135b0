"""What a bill is made of, as pictures show it: one colour a part, the same everywhere.

Input is the user's colour and output the assistant's, audio full and text pale; what the prompt cache held is
grey; what was generated and never heard is hollow.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from rtnb.plots.palette import ASSISTANT, PALE_ASSISTANT, PALE_MARK, PALE_USER, STORED, TOOL, USER, VAD_MARK, Ink
from rtnb.pricing import Cost, CostLine

__all__ = ["PARTS", "UNHEARD", "Part", "part_of", "parts_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bill: its name and how it is painted."""

    name: str
    ink: Ink
    hollow: bool = False


CACHED = Part("cached input", STORED)
TEXT_IN = Part("text in", PALE_USER)
IMAGE_IN = Part("image in", PALE_MARK)
AUDIO_IN = Part("audio in", USER)
SESSION = Part("open session", VAD_MARK)
TEXT_OUT = Part("text out", PALE_ASSISTANT)
AUDIO_OUT = Part("audio out", ASSISTANT)
UNHEARD = Part("not heard", ASSISTANT, hollow=True)
TRANSCRIPTION = Part("transcription", TOOL)

PARTS = (CACHED, TEXT_IN, IMAGE_IN, AUDIO_IN, SESSION, TEXT_OUT, AUDIO_OUT, UNHEARD, TRANSCRIPTION)
"""From the foot of a stack to its top."""

_INPUTS = {"text": TEXT_IN, "image": IMAGE_IN, "session": SESSION}
_OUTPUTS = {"text": TEXT_OUT}


def part_of(line: CostLine) -> Part:
    """The part that a line of a bill belongs to.

    Examples
    --------
    >>> part_of(CostLine("audio output", "audio", "output", "m", Decimal(1), "tokens", None)).name
    'audio out'
    """
    if line.kind == "transcription":
        return TRANSCRIPTION
    if line.kind == "cached":
        return CACHED
    if line.kind == "output":
        return _OUTPUTS.get(line.modality, AUDIO_OUT)
    return _INPUTS.get(line.modality, AUDIO_IN)


def parts_of(cost: Cost, *, unheard: Cost | None = None) -> dict[Part, float]:
    """USD by part, in the order of `PARTS`; what has no price is in none.

    Parameters
    ----------
    cost : Cost
    unheard : Cost, optional
        The part of its output that nobody heard, told apart.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> bill = cost(TokenUsage(input_text=1000, output_audio=100), "gpt-realtime", "2026-01-31")
    >>> {part.name: usd for part, usd in parts_of(bill).items()}
    {'text in': 0.004, 'audio out': 0.0064}
    """
    sums: dict[Part, Decimal] = {}
    for line in cost.lines:
        usd = line.exact_usd
        if usd is not None:
            sums[part_of(line)] = sums.get(part_of(line), Decimal(0)) + usd
    for line in unheard.lines if unheard is not None else ():
        usd, made = line.exact_usd, sums.get(part_of(line), Decimal(0))
        if usd is not None and line.kind == "output":
            lost = min(usd, made)
            sums[part_of(line)] = made - lost
            sums[UNHEARD] = sums.get(UNHEARD, Decimal(0)) + lost
    return {part: float(sums[part]) for part in PARTS if sums.get(part, Decimal(0)) > 0}
