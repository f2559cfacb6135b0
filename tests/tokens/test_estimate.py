from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.tokens import estimate_text

REAL: dict[str, Any] = json.loads(Path(__file__).with_name("o200k_counts.json").read_text(encoding="utf-8"))


def error(real: int, text: str) -> float:
    return abs(estimate_text(text) - real) / real


def test_english_sentences_are_close_to_a_real_tokenizer() -> None:
    errors = [error(real, text) for real, text in REAL["english"]]
    assert len(errors) == 200
    assert mean(errors) < 0.06
    assert max(errors) < 0.40


def test_the_sum_over_english_sentences_is_closer() -> None:
    real = sum(real for real, _ in REAL["english"])
    assert abs(sum(estimate_text(text) for _, text in REAL["english"]) - real) / real < 0.02


@pytest.mark.parametrize("language", sorted(REAL["languages"]))
def test_other_languages(language: str) -> None:
    assert error(*REAL["languages"][language]) < 0.25


def test_languages_together() -> None:
    assert mean(error(real, text) for real, text in REAL["languages"].values()) < 0.08


def test_json_code_and_markdown() -> None:
    assert mean(error(real, text) for real, text in REAL["structured"]) < 0.08


@pytest.mark.parametrize(
    ("text", "real"),
    [("Hello", 1), (" 2024", 3), ("2024", 2), ("12.50", 3), ("don't", 1), ("\n\n", 1), ("snake_case", 2), ("😀", 1)],
)
def test_pieces_that_every_text_has(text: str, real: int) -> None:
    assert abs(estimate_text(text) - real) <= (1 if text == "😀" else 0)


def test_nothing_is_nothing() -> None:
    assert estimate_text("") == 0


@given(st.text(max_size=200))
def test_every_character_is_counted(text: str) -> None:
    count = estimate_text(text)
    assert (count == 0) == (text == "")
    assert count <= max(1, 4 * len(text))


@given(st.text(alphabet="abc XYZ12.,\n", max_size=60), st.integers(2, 5))
def test_more_of_the_same_is_more(text: str, times: int) -> None:
    assert estimate_text((text + "\n") * times) >= estimate_text(text + "\n")
