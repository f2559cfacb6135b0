"""The data file: complete, dated, and fit to be spoken."""

from __future__ import annotations

import re
from datetime import date
from itertools import chain
from typing import Any

from rtnb.server.brains.data import section

SPOKEN = re.compile(r"[A-Za-z0-9 .,:;?!'%\-{}\[\]\"]+")


def lines() -> list[str]:
    """Every sentence that can be said."""
    faq: list[dict[str, Any]] = section("faq")
    talk: list[dict[str, Any]] = section("small_talk")
    said = [*chain.from_iterable(row["answer"] for row in faq), *section("story")["sentences"]]
    said += chain.from_iterable([*row["answer"], *row.get("answer_heard", [])] for row in talk)
    said += [*section("greeting")["first"], *section("greeting")["again"], *section("fallback")["hints"]]
    said += [row["why"] for row in section("unknowable")]
    return [*said, section("story")["short"], section("fallback")["foreign"]]


def test_every_line_can_be_spoken() -> None:
    for line in lines():
        assert SPOKEN.fullmatch(line), line
        assert line.endswith((".", "!", "?")), line
        assert "http" not in line, line


def test_every_faq_answer_is_one_to_three_sentences() -> None:
    for row in section("faq"):
        assert 1 <= len(row["answer"]) <= 3, row["id"]
        assert sum(len(line.split()) for line in row["answer"]) <= 45, row["id"]
        assert not any(re.search(r"[.!?] [A-Z]", line) for line in row["answer"]), row["id"]


def test_every_faq_entry_has_a_source_and_a_date() -> None:
    for row in section("faq"):
        assert row["source"], row["id"]
        assert date.fromisoformat(row["date"]) <= date.today(), row["id"]


def test_patterns_compile() -> None:
    for row in [*section("small_talk"), section("greeting")]:
        assert all(re.compile(pattern) for pattern in row["patterns"])
    for row in section("unknowable"):
        assert re.compile(row["pattern"])


def test_spellings_mean_one_thing_each() -> None:
    heard = list(chain.from_iterable(section("hears").values()))
    assert len(heard) == len(set(heard))
    assert not set(heard) & set(section("hears"))
