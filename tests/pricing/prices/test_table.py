from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing import PriceHistory, PriceTable, RateBook, at, book, history, models, table

BASE = RateBook.of_package()
TODAY = "2026-11-21"


def test_the_list_of_a_day() -> None:
    prices = table(TODAY, prices=BASE)
    assert prices.title == "Prices on 2026-11-21"
    assert [row.model for row in prices.rows if row.kind == "speech_to_speech"] == [
        "gpt-realtime",
        "gpt-realtime-1.5",
        "gpt-realtime-2",
        "gpt-realtime-2.1",
        "gpt-4o-mini-realtime-preview-2024-12-17",
        "gpt-realtime-mini",
        "gpt-realtime-2.1-mini",
    ]
    kinds = [row.kind for row in prices.rows]
    assert kinds == sorted(kinds, key=["speech_to_speech", "live", "translation", "transcription"].index)
    assert any("left out: " in note and "gpt-realtime-2025-08-28" in note for note in prices.notes)
    assert (
        "Ends on 2027-01-20: gpt-4o-mini-realtime-preview-2024-12-17, gpt-realtime, gpt-realtime-mini." in prices.notes
    )


@given(st.dates(date(2024, 9, 1), date(2027, 6, 1)))
def test_a_list_holds_what_has_a_price_on_the_day_and_nothing_else(day: date) -> None:
    every = table(day, prices=BASE, snapshots=True).rows
    assert all(row.holds(day) for row in every)
    assert {row.model for row in every} == {rates.model for name in BASE.models(day) if (rates := BASE.at(name, day))}
    short = table(day, prices=BASE).rows
    assert set(short) <= set(every)
    assert {row.prices for row in short} == {row.prices for row in every}


def test_by_kind() -> None:
    assert {row.kind for row in table(TODAY, kind="transcription", prices=BASE).rows} == {"transcription"}
    with pytest.raises(ConfigError, match="no kind of model 'speech'; there are live, speech_to_speech, transcription"):
        table(kind="speech")


def test_one_model_over_time() -> None:
    prices = table(model="gpt-4o-realtime-preview-2024-10-01", prices=BASE)
    assert [row["audio_cached_usd"] for row in prices.records()] == [None, 20.0]
    alias = table(model="gpt-4o-realtime-preview", prices=BASE)
    assert [(str(row.valid_from), row.model[-10:]) for row in alias.rows] == [
        ("2024-10-01", "2024-10-01"),
        ("2024-10-30", "2024-10-01"),
        ("2025-10-11", "2025-06-03"),
    ]
    assert "2024-12-17 to 2025-10-10: not known." in alias.notes[1]
    (row,) = table("2026-01-31", model="gpt-realtime", prices=BASE).rows
    assert row == BASE.at("gpt-realtime", "2026-01-31")


def test_one_model_on_a_day_without_a_price_says_why() -> None:
    prices = table("2025-03-01", model="gpt-4o-realtime-preview", prices=BASE)
    assert prices.rows == ()
    assert "dated snapshot that session.created named" in prices.notes[0]


def test_unknown_names_get_a_hint() -> None:
    with pytest.raises(ConfigError, match="known names like it: gpt-realtime"):
        table(model="gpt-realtme")
    with pytest.raises(
        ConfigError, match=r"No price is known for the model 'llama'\. Lines of models are flagship, mini"
    ):
        history("llama")
    with pytest.raises(ConfigError, match="is not a day"):
        table("today")


def test_records_and_frames_agree() -> None:
    prices = table(TODAY, prices=BASE)
    records = json.loads(json.dumps(prices.records()))
    frame = prices.to_frame()
    assert list(frame["model"]) == [record["model"] for record in records]
    assert list(frame["audio_input_usd"].dropna()) == [r["audio_input_usd"] for r in records if r["audio_input_usd"]]
    assert str(frame["shutdown"].dtype).startswith("datetime64")
    assert str(frame["context_tokens"].dtype) == "Int64"
    assert len(prices) == len(frame)


def test_own_prices_without_a_first_day_make_a_frame() -> None:
    mine = book({"model": "gpt-realtime", "prices": {"audio": 1}}, base=BASE)
    frame = table(TODAY, prices=mine).to_frame()
    row = frame[frame["model"] == "gpt-realtime"].iloc[0]
    assert (row["confidence"], row["audio_input_usd"]) == ("own", 1.0)
    assert str(row["valid_from"]) == "NaT"


def test_an_empty_table_still_makes_a_frame() -> None:
    assert len(PriceTable("Nothing", ()).to_frame()) == 0
    assert table("2020-01-01", prices=BASE).rows == ()


def test_the_flagship_line_over_time() -> None:
    line = history(prices=BASE)
    assert line.title == "Prices of the flagship line"
    assert line.until >= BASE.checked
    assert [str(row.price("audio", "output")) for row in line.rows] == ["200", "200", "80", "80", *["64"] * 4]
    steps = line.steps()
    for (_, last, _), (first, _, _) in pairwise(steps):
        assert first == last + timedelta(days=1)
    assert steps[0][0] == date(2024, 10, 1)
    assert steps[-1][1] == line.until
    assert [row.price("audio", "cached") for _, _, row in steps][:3] == [None, Decimal(20), Decimal("2.50")]


def test_a_line_ends_with_its_last_model() -> None:
    line = PriceHistory("one", BASE.rows("gpt-4o-realtime-preview-2024-12-17"), date(2026, 11, 21))
    assert [(str(first), str(last)) for first, last, _ in line.steps()] == [("2024-12-17", "2026-05-07")]


def test_histories_of_lines_and_models() -> None:
    assert {row.model for row in history("mini", prices=BASE).rows} == {
        "gpt-4o-mini-realtime-preview-2024-12-17",
        "gpt-realtime-mini",
        "gpt-realtime-2.1-mini",
    }
    both = history("gpt-realtime", "whisper-1", prices=BASE)
    assert [row.model for row in both.rows] == ["whisper-1", "gpt-realtime"]
    assert len(history("gpt-realtime", "gpt-realtime", prices=BASE).rows) == 1
    assert history(prices=BASE).to_frame()["model"].iloc[0].endswith("2024-10-01")


def test_every_model_has_a_history_and_a_table() -> None:
    for name in models():
        assert history(name).rows == table(model=name).rows
        assert name in repr(table(model=name))


def test_every_line_is_of_known_models_oldest_first() -> None:
    for line, members in BASE.lines.items():
        firsts = [BASE.rows(member)[0].valid_from for member in members]
        assert firsts == sorted(firsts)
        assert all(BASE.line_of(member) == line for member in members)
    speech = [name for name in models() if (rates := BASE.spans(name)) and rates[0].kind == "speech_to_speech"]
    assert {BASE.line_of(name) for name in speech} == {"flagship", "mini"}


def test_the_default_day_is_today() -> None:
    assert table().title == f"Prices on {date.today()}"
    assert at("gpt-realtime-2.1") in table().rows


def test_models_whose_names_begin_alike_are_not_snapshots_of_each_other() -> None:
    names = ["gpt-realtime", "gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini"]
    same = {"models": names, "prices": {"audio": {"input": 1, "cached": 1, "output": 1}}}
    prices = table("2026-11-21", prices=same)
    assert {row.model for row in prices.rows} >= set(names)
    (note,) = (note for note in prices.notes if "left out" in note)
    assert "gpt-realtime-2025-08-28" in note
    assert "gpt-realtime-2," not in note
    assert not note.endswith("gpt-realtime-2.1.")


def test_a_model_in_the_place_of_the_day() -> None:
    assert table("gpt-realtime").rows == table(model="gpt-realtime").rows
    with pytest.raises(ConfigError, match=r"'gpt-realtme' is not a day; .* write table\(model='gpt-realtime'\)"):
        table("gpt-realtme")


def test_a_model_of_your_own_that_is_nearly_a_known_one_is_noted() -> None:
    def notes(name: str) -> tuple[str, ...]:
        return table("2026-11-21", prices={"model": name, "prices": {"audio": 1}}).notes

    assert any(
        "'gpt-realtme' is a model of your own; if 'gpt-realtime' is meant" in note for note in notes("gpt-realtme")
    )
    for name in ("gpt-realtime", "gpt-realtime-3", "my-model"):
        assert not any("is meant" in note for note in notes(name))
