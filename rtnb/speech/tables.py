"""Big JSON objects read where they stand: the text and where each key is, not a Python object for every word.

A pronouncing dictionary as a ``dict`` takes ten times the memory of its text, in each kernel, and a sentence looks up a
dozen words. So only what is looked up is decoded.
"""

from __future__ import annotations

import gzip
import json
import re
from array import array
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

__all__ = ["JsonTable", "read_text"]

KEPT = 2000
"""Values that are kept decoded, of each table: about a megabyte."""

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_ENTRY = re.compile(rb"(" + _STRING + rb"):(?:" + _STRING + rb"|\{[^{}]*\})")
"""A key with a string or a flat object, without white space between them."""


def read_text(path: Path) -> bytes:
    """A file's bytes, unpacked if its name ends in ``.gz``."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


class JsonTable:
    """A flat JSON object as a read-only mapping of its keys.

    Parameters
    ----------
    text : bytes
        Written without white space and without escapes that are not needed, its values strings or flat objects.

    Examples
    --------
    >>> table = JsonTable('{"cat":"kˈæt","read":{"DEFAULT":"ɹˈid","VBD":"ɹˈɛd"}}'.encode())
    >>> table["read"]["VBD"], table.get("dog"), "cat" in table, len(table)
    ('ɹˈɛd', None, True, 2)
    """

    __slots__ = ("_found", "_hashes", "_places", "_text")

    def __init__(self, text: bytes) -> None:
        found = array("Q", ((crc32(entry[1]) << 32) | entry.start() for entry in _ENTRY.finditer(text)))
        # Sorted by the hash, with the place in the lower half: one array, and no object for a key.
        order = np.sort(np.frombuffer(found, dtype=np.uint64))
        self._text = text
        # The words and features of most sentences are few.
        self._found = lru_cache(maxsize=KEPT)(self._find)
        self._hashes = array("I", (order >> np.uint64(32)).astype(np.uint32).tobytes())
        self._places = array("I", (order & np.uint64(0xFFFFFFFF)).astype(np.uint32).tobytes())

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, decoded; not to be changed, as the next who asks may get the same one."""
        found = self._found(key)
        return default if found is None else found

    def _find(self, key: str) -> Any:
        raw = json.dumps(key, ensure_ascii=False).encode("utf-8", "surrogatepass") + b":"
        at = bisect_left(self._hashes, wanted := crc32(raw[:-1]))
        while at < len(self._hashes) and self._hashes[at] == wanted:
            start = self._places[at]
            if self._text.startswith(raw, start):
                entry = _ENTRY.match(self._text, start)
                assert entry is not None
                return json.loads(self._text[start + len(raw) : entry.end()])
            at += 1
        return None

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        return len(self._places)
