"""One answer after another: what nobody heard of one is shown until the next begins to sound, and no longer.

An answer that is cut short would have gone on; where the next one is shorter than that rest, the rest would stick out
behind it and look as if the next one had not been heard to its end either.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rtnb.session.timeline.shapes import AudioPiece, Heard

__all__ = ["one_after_another"]


def one_after_another(
    heard: Sequence[Heard], pieces: Iterable[AudioPiece]
) -> tuple[tuple[Heard, ...], tuple[AudioPiece, ...]]:
    """Answers and their sound, the rest of each only as far as it reaches before the next.

    Examples
    --------
    >>> cut = Heard(item_id="a", response_id="r", start_s=0.0, end_s=1.0, arrived_s=0.0, last_s=0.5, received_s=9.0,
    ...             played_s=1.0, cut=True)
    >>> later = replace(cut, item_id="b", start_s=4.0, end_s=5.0, received_s=1.0, cut=False)
    >>> sound = AudioPiece(side="output", start_s=0.0, end_s=9.0, offset=0, length=432_000, item_id="a")
    >>> (shown, _), (piece,) = one_after_another([cut, later], [sound])
    >>> shown.unheard_s, shown.would_end_s, piece.end_s, piece.length
    (8.0, 4.0, 4.0, 192000)
    """
    starts = sorted(each.start_s for each in heard)
    until: dict[str, float] = {}
    for each in heard:
        if each.unheard_s > 0:
            place = bisect_left(starts, max(each.end_s, each.start_s))
            if place < len(starts) and each.start_s < starts[place] < each.would_end_s:
                until[each.item_id] = starts[place]
    if not until:
        return tuple(heard), tuple(pieces)
    shown = tuple(replace(each, until_s=until[each.item_id]) if each.item_id in until else each for each in heard)
    return shown, tuple(_parts(pieces, until))


def _parts(pieces: Iterable[AudioPiece], until: dict[str, float]) -> Iterable[AudioPiece]:
    for piece in pieces:
        end_s = until.get(piece.item_id, piece.end_s) if piece.side == "output" else piece.end_s
        if end_s >= piece.end_s:
            yield piece
        elif end_s > piece.start_s:
            share = (end_s - piece.start_s) / (piece.end_s - piece.start_s)
            # Whole samples, of one byte or of two.
            yield replace(piece, end_s=end_s, length=int(piece.length * share) // 2 * 2)
