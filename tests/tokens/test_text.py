"""Counting text: exact with the vocabulary, an estimate without."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.tokens import count_text, counts_exactly, estimate_text, text

REAL: dict[str, Any] = json.loads(Path(__file__).with_name("o200k_counts.json").read_text(encoding="utf-8"))

exact = pytest.mark.skipif(not counts_exactly(), reason="needs rtnb[tokens]")


@pytest.fixture
def without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "bpe_openai._bindings", None)
    text._counter.cache_clear()
    text._kept.cache_clear()
    yield
    text._counter.cache_clear()
    text._kept.cache_clear()


@exact
def test_sentences_languages_code_and_json_are_counted_exactly() -> None:
    rows = [*REAL["english"], *REAL["languages"].values(), *REAL["structured"]]
    assert [(count_text(said), said) for _, said in rows] == [(real, said) for real, said in rows]


@exact
def test_what_looks_like_a_special_token_is_text() -> None:
    assert count_text("<|endoftext|>") > 1


@exact
@pytest.mark.parametrize("piece", ["a", " ", "ab ", "\n", "!?", "é", "中", "9"])
def test_long_words_take_no_longer_than_their_length(piece: str) -> None:
    # A quadratic tokenizer would be at this for hours.
    assert 0 < count_text(piece * 1_000_000) <= 3_000_000


def test_without_the_wheel_it_estimates(without_the_wheel: None) -> None:
    assert not counts_exactly()
    for _, said in REAL["english"]:
        assert count_text(said) == estimate_text(said)


def test_nothing_is_nothing() -> None:
    assert count_text("") == 0


@given(st.text(st.characters(), max_size=300))
def test_every_text_is_counted(said: str) -> None:
    count = count_text(said)
    assert (count == 0) == (said == "")
    assert count == count_text(said) <= max(1, 4 * len(said))


def test_half_a_surrogate_pair_is_counted() -> None:
    assert count_text("\ud83d") == count_text("?")


def test_the_vocabulary_is_loaded_when_something_is_counted() -> None:
    code = "import sys, rtnb, rtnb.tokens; print('bpe_openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@exact
def test_a_long_text_is_counted_in_pieces_and_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    prose = "It isn't far, says Zoë: 4.5 km - or   5?\n\nGo on, über die Brücke. 日本語 too. " * 40
    whole = count_text(prose)
    longest: list[int] = []
    counter = text._counter()

    def count(piece: str) -> int:
        longest.append(len(piece))
        return counter(piece)

    monkeypatch.setattr(text, "PIECE_CHARS", 700)
    monkeypatch.setattr(text, "_LOOK_BACK_CHARS", 200)
    monkeypatch.setattr(text, "_counter", lambda: count)
    assert count_text(prose) == whole
    assert max(longest) <= 700 and sum(longest) == len(prose)
    assert "".join(text._pieces("x" * 5_000)) == "x" * 5_000
