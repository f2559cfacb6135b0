"""Tables that are read where they stand."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.speech.tables import JsonTable, read_text

KEYS = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=12)
PLAIN = st.dictionaries(VALUES, st.one_of(VALUES, st.floats(allow_nan=False, allow_infinity=False)), max_size=4)


@given(st.dictionaries(KEYS, st.one_of(VALUES, PLAIN), max_size=30), KEYS)
def test_it_has_what_the_object_has(made: dict[str, object], other: str) -> None:
    table = JsonTable(json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())
    assert len(table) == len(made)
    assert {key: table[key] for key in made} == made
    assert table.get(other) == made.get(other)
    assert (other in table) == (other in made)


def test_keys_with_one_checksum_are_told_apart() -> None:
    # zlib.crc32 of both, in their quotes, is the same.
    first, second = colliding()
    table = JsonTable(json.dumps({first: "a", second: "b"}, separators=(",", ":")).encode())
    assert (table[first], table[second]) == ("a", "b")


def colliding() -> tuple[str, str]:
    """Two words whose checksums are equal."""
    from zlib import crc32

    seen: dict[int, str] = {}
    chance = random.Random(0)
    for _ in range(1_000_000):
        word = f"{chance.getrandbits(64):x}"
        if (before := seen.setdefault(crc32(f'"{word}"'.encode()), word)) != word:
            return before, word
    raise AssertionError


def test_what_is_not_there_is_no_key() -> None:
    table = JsonTable(b'{"cat":"k"}')
    with pytest.raises(KeyError):
        table["dog"]
    assert table.get("dog", 1) == 1


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "a.json").write_bytes(b"{}")
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"{}"))
    assert read_text(tmp_path / "a.json") == read_text(tmp_path / "a.json.gz") == b"{}"
