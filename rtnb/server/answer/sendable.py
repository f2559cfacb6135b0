"""What a brain streams, as it can be put on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rtnb.server.brains.base import Call, Piece, Say, Stop

__all__ = ["argument_pieces", "clean", "sendable"]

ARGUMENTS_CHARS = 12
"""Arguments of a call are streamed in pieces of about so many characters, as a model's tokens would come."""

_ARGUMENT = re.compile(rf".{{1,{ARGUMENTS_CHARS}}}", re.DOTALL)


def sendable(piece: Piece) -> Piece:
    """The piece as it can be put on the wire: half a surrogate pair cannot, whoever let it through.

    Raises
    ------
    TypeError
        It is no piece.

    Examples
    --------
    >>> sendable(Say("caf\\ud800"))
    Say(text='caf?')
    """
    match piece:
        case Say(text):
            return piece if text.isascii() else Say(clean(text))
        case Call(name, arguments, call_id):
            return Call(clean(name), clean(arguments), clean(call_id) if call_id else None)
        case Stop():
            return piece
    raise TypeError(f"A brain streams Say, Call and Stop, not {type(piece).__name__}.")


def clean(text: str) -> str:
    """The text without half surrogate pairs."""
    return text.encode("utf-8", "replace").decode()


def argument_pieces(arguments: str) -> Iterator[str]:
    """The arguments of a call as they are streamed.

    Examples
    --------
    >>> list(argument_pieces('{"city": "Paris"}'))
    ['{"city": "Pa', 'ris"}']
    """
    return (match.group() for match in _ARGUMENT.finditer(arguments))
