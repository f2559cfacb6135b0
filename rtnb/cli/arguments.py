"""What options on the command line take: each gives a value, or says in a line what it wants."""

from __future__ import annotations

import argparse
import math
import re

__all__ = [
    "address",
    "count",
    "key",
    "name",
    "no_key",
    "not_negative",
    "origin",
    "port",
    "positive",
    "temperature",
    "word",
    "workers",
]

MOST_WORKERS = 64
"""Own choice: more processes than the machines that this runs on have cores."""


def port(text: str) -> int:
    """A port, or 0 for any free one."""
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 (any free one) to 65535, not '{text}'")
    return port


def address(text: str) -> str:
    """An address to listen on."""
    if not text.strip():
        raise argparse.ArgumentTypeError("this takes an address to listen on, such as 127.0.0.1, not nothing")
    return text


def key(text: str) -> str:
    """A key that is not empty."""
    # One that a script meant to fill in and did not: without a key the server lets in everybody.
    if not text.strip():
        raise argparse.ArgumentTypeError("the key is empty; give one, or leave the option out to let in any key")
    return text


def name(text: str) -> str:
    """A host's name alone."""
    if not re.fullmatch(r"[^\s/:\[\]@]+|\[[0-9a-fA-F:.]+\]", text):
        told = "this takes a name alone, such as hub.example.org, without scheme, slash or port"
        raise argparse.ArgumentTypeError(f"{told}, not '{text}'")
    return text


def origin(text: str) -> str:
    """An origin of pages: scheme, name and port."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]+/?", text):
        told = "this takes scheme and name (and port, if any), such as https://hub.example.org"
        raise argparse.ArgumentTypeError(f"{told}, not '{text}'")
    return text


def not_negative(text: str) -> float:
    """A number from 0."""
    return _number(text, least=0.0, what="a number from 0")


def positive(text: str) -> float:
    """A number above 0."""
    return _number(text, least=1e-3, what="a number above 0")


def _number(text: str, *, least: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= least):
        raise argparse.ArgumentTypeError(f"this takes {what}, not '{text}'")
    return number


def count(text: str) -> int:
    """A whole number from 1."""
    count = int(text) if text.isascii() and text.isdigit() else 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"this takes a whole number from 1, not '{text}'")
    return count


def workers(text: str) -> int:
    """How many processes."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"this takes a whole number from 1 to {MOST_WORKERS}, not '{text}'")
    return number


def temperature(text: str) -> float:
    """A temperature of sampling."""
    number = _number(text, least=0.0, what="a number from 0 to 2")
    if number > 2:
        raise argparse.ArgumentTypeError(f"this takes a number from 0 to 2, not '{text}'")
    return number


def word(text: str) -> str:
    """Something that is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("this is empty; give a value, or leave the option out")
    return text.strip()


def no_key(text: str) -> str:
    """Nothing: a key that does not belong on a command line, which others can read."""
    raise argparse.ArgumentTypeError("others can read a command line; set RTNB_CHAT_KEY in the environment instead")
