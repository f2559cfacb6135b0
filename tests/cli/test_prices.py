"""``rtnb prices``."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from support.command import Command, shell


def test_the_price_list_of_a_day(run: Command) -> None:
    printed = run("prices", "--on", "2026-11-21", "--csv")
    rows = {row["model"]: row for row in printed.rows}
    assert (printed.status, printed.err) == (0, "")
    assert Decimal(rows["gpt-realtime-2.1"]["audio_output_usd"]) == 64
    assert "gpt-4o-realtime-preview-2024-10-01" not in rows
    past = {row["model"] for row in run("prices", "--on", "2024-11-21", "--csv").rows}
    assert "gpt-4o-realtime-preview-2024-10-01" in past and "gpt-realtime-2.1" not in past


def test_all_prices_are_every_row_of_every_day(run: Command) -> None:
    names = [row["model"] for row in run("prices", "--all", "--csv").rows]
    assert names.count("gpt-4o-realtime-preview-2024-10-01") == 2, "with and without a price for cached input"
    assert {"gpt-realtime", "gpt-realtime-2.1-mini", "whisper-1"} <= set(names)


def test_one_model_over_time_with_its_sources(run: Command) -> None:
    printed = run("prices", "gpt-4o-realtime-preview-2024-10-01")
    assert printed.status == 0 and "https://" in printed.out
    assert "5 / – / 20" in printed.out and "100 / 20 / 200" in printed.out
    found = run("prices", "gpt-4o-realtime-preview-2024-10-01", "--json").data
    assert [row["valid_from"] for row in found["rows"]] == ["2024-10-01", "2024-10-30"]
    assert all(row["source"] for row in found["rows"])


def test_an_undated_name_lists_what_it_stood_for(run: Command) -> None:
    """Its last snapshot is gone, and yet it is the name that most people know."""
    found = run("prices", "gpt-4o-realtime-preview", "--json").data
    assert [(row["model"], row["valid_from"]) for row in found["rows"]] == [
        ("gpt-4o-realtime-preview-2024-10-01", "2024-10-01"),
        ("gpt-4o-realtime-preview-2024-10-01", "2024-10-30"),
        ("gpt-4o-realtime-preview-2025-06-03", "2025-10-11"),
    ]
    printed = run("prices", "gpt-4o-realtime-preview")
    assert printed.status == 0 and "2024-10-01 to 2024-12-16: gpt-4o-realtime-preview-2024-10-01" in printed.out
    (row,) = run("prices", "gpt-4o-realtime-preview", "--on", "2024-11-21", "--csv").rows
    assert row["model"] == "gpt-4o-realtime-preview-2024-10-01"
    printed = run("prices", "gpt-4o-realtime-preview", "--on", "2026-11-21")
    assert (printed.status, printed.out) == (1, "") and "ended on 2026-05-07" in printed.err


def test_an_unknown_model_gets_a_hint(run: Command) -> None:
    printed = run("prices", "gpt-realtim")
    assert (printed.status, printed.out) == (1, "") and "gpt-realtime" in printed.err


def test_a_day_before_all_prices_says_when_they_begin(run: Command) -> None:
    for form in ((), ("--csv",), ("--json",)):
        printed = run("prices", "--on", "2020-01-01", *form)
        assert (printed.status, printed.out) == (1, "")
        assert "2020-01-01" in printed.err and "2024-10-01" in printed.err


def test_prices_fit_the_terminal(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (80, 100, 140):
        monkeypatch.setenv("COLUMNS", str(width))
        for arguments in ((), ("gpt-realtime",), ("--all",)):
            out = run("prices", *arguments).out
            assert not [line for line in out.splitlines() if len(line) > width and "https://" not in line]


def test_in_a_pipe_no_column_is_hidden() -> None:
    head = shell("prices", "--on", "2026-11-21").out.splitlines()[1]
    assert head.split() == ["model", "text", "audio", "image", "from", "ends", "sure"]


def test_own_prices_stand_in_the_list_and_say_that_they_are_own(tmp_path: Path, run: Command) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"model": "our-model", "prices": {"text": {"input": "1", "output": "2"}}}))
    out = run("prices", "our-model", "--prices", own).out
    assert "1 / – / 2" in out and "own a price of your own" in " ".join(out.split())
    assert "price of your own" not in " ".join(run("prices").out.split())


def test_a_price_list_as_csv_can_be_given_back(tmp_path: Path, run: Command) -> None:
    place = tmp_path / "list.csv"
    place.write_text(run("prices", "--on", "2024-11-21", "--csv").out)
    rows = run("prices", "--on", "2024-11-21", "--prices", place, "--csv").rows
    assert rows and {row["confidence"] for row in rows} == {"own"}


def test_a_line_of_models_is_listed_as_one(run: Command) -> None:
    printed = run("prices", "flagship")
    assert printed.status == 0 and "Prices of the flagship line" in printed.out
    assert printed.out.index("gpt-4o-realtime-preview-2024-10-01") < printed.out.index("gpt-realtime-2.1")
    assert "gpt-realtime-2.1 " not in run("prices", "flagship", "--on", "2026-01-31").out
