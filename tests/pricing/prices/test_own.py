from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing import RateBook, book, table
from rtnb.pricing.prices.own import covers, read_own

BASE = RateBook.of_package()
AUDIO = {"audio": {"input": 28, "cached": "0.35", "output": 56}}


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("gpt-realtime", "gpt-realtime", True),
        ("gpt-realtime", "gpt-realtime-2025-08-28", True),
        ("gpt-realtime", "gpt-realtime-mini", False),
        ("gpt-realtime", "gpt-realtime-mini-2025-10-06", False),
        ("gpt-realtime", "gpt-realtime-2", False),
        ("gpt-realtime-2", "gpt-realtime-2.1", False),
        ("gpt-realtime-2025-08-28", "gpt-realtime", False),
        ("gpt-realtime-2*", "gpt-realtime-2.1-mini", True),
        ("*", "whisper-1", True),
        ("gpt-realtime-?", "gpt-realtime-2", True),
    ],
)
def test_what_a_name_covers(pattern: str, name: str, expected: bool) -> None:
    assert covers(pattern, name) is expected


def test_the_smallest_row() -> None:
    (row,) = read_own({"model": "gpt-realtime", "prices": AUDIO})
    assert row.prices is not None
    (audio,) = row.prices
    assert (audio.input, audio.cached, audio.output) == (Decimal(28), Decimal("0.35"), Decimal(56))
    assert (row.unit, row.per, row.valid_from, row.valid_to) == ("usd_per_1m_tokens", 1_000_000, date.min, None)
    assert row.source == "your own table"


def test_a_full_row() -> None:
    (row,) = read_own(
        [
            {
                "models": ["a", "b"],
                "unit": "usd_per_minute",
                "prices": {"audio": "$0.005"},
                "valid_from": "2026-01-01",
                "valid_to": "2026-12-31",
                "source": "Contract 7",
                "note": "until renewed",
                "kind": "transcription",
                "context_tokens": 1000,
            }
        ]
    )
    assert row.names == ("a", "b")
    assert (row.per, row.valid_to, row.source, row.note) == (60, date(2026, 12, 31), "Contract 7", "until renewed")
    made = row.rates("a", None)
    assert (made.kind, made.context_tokens, made.max_input_tokens, made.confidence) == (
        "transcription",
        1000,
        None,
        "own",
    )
    assert made.source == ("own: Contract 7",)


@given(price=st.decimals(min_value=0, max_value=10_000, places=4))
def test_numbers_of_a_file_are_exact(price: Decimal, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("own") / "prices.json"
    path.write_text(f'[{{"model": "m", "prices": {{"text": {{"input": {price:f}}}}}}}]')
    (row,) = read_own(path)
    assert row.prices is not None
    assert row.prices[0].input == price
    assert row.source == "prices.json"


def test_the_carried_table_is_in_a_form_that_can_be_read() -> None:
    data = json.loads(resources.files("rtnb.pricing.prices").joinpath("rates.json").read_text(encoding="utf-8"))
    rows = read_own(data)
    assert len(rows) == len(data["rows"])
    assert rows[0].source.startswith("Introducing the Realtime API")
    live = next(row for row in rows if row.names == ("gpt-live-1",))
    assert live.per == 60


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"model": "m"}, r"Row 1 of your own table \(m\) needs either 'prices' or 'discount'"),
        ({"model": "m", "prices": AUDIO, "discount": 0.1}, "needs either 'prices' or 'discount'"),
        ({"prices": AUDIO}, "names no model"),
        ({"models": [], "prices": AUDIO}, "names no model"),
        ({"model": "m", "prices": {"sound": 3}}, "there is no modality 'sound'; there are text, audio, image, session"),
        (
            {"model": "m", "prices": {"audio": {"in": 3}}},
            "'audio' has no price 'in'; there are input, cached and output",
        ),
        ({"model": "m", "prices": {"audio": {"input": -3}}}, "the audio input price is -3"),
        ({"model": "m", "prices": {"audio": {"input": "dear"}}}, "the audio input price is 'dear'"),
        ({"model": "m", "prices": {"audio": {"input": True}}}, "the audio input price is True"),
        ({"model": "m", "prices": {"audio": {"input": float("nan")}}}, "the audio input price is nan"),
        ({"model": "m", "prices": {"audio": {"input": None}}}, "needs at least one price"),
        ({"model": "m", "prices": {}}, "must look like"),
        ({"model": "m", "prices": 3}, "must look like"),
        ({"model": "m", "prices": AUDIO, "unit": "eur"}, "the unit 'eur' is none of usd_per_1m_tokens"),
        ({"model": "m", "price": AUDIO}, "has a member 'price' that means nothing here; did you mean 'prices'?"),
        ({"model": "m", "prices": AUDIO, "valid_from": "soon"}, "valid_from: 'soon' is not a day"),
        (
            {"model": "m", "prices": AUDIO, "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
            "ends on 2026-01-01, before it begins",
        ),
        ({"model": "m", "discount": 20}, "a discount of 20 cannot be; write 20 % off as 0.2"),
        ({"model": "m", "discount": "20%"}, "write 20 % off as 0.2"),
        ({"model": "m", "prices": AUDIO, "context_tokens": 0}, "context_tokens is 0; it is a number of tokens"),
        ([{"model": "m", "prices": AUDIO}, 7], "Row 2 of your own table is 7"),
        ([], "holds no rows"),
        ({"rows": []}, "holds no rows"),
        ({"rows": 3}, "a list of rows"),
        ({"currency": "EUR", "rows": [{"model": "m", "prices": AUDIO}]}, "are in 'EUR'; rtnb counts in USD"),
    ],
)
def test_errors_name_the_row_and_the_member(own: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_own(own)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no file 'none\.json' with prices"):
        read_own(tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    broken.write_text("{'model'")
    with pytest.raises(ConfigError, match=r"'broken\.json' is not a JSON file with prices"):
        read_own(str(broken))
    with pytest.raises(ConfigError, match="cannot be read"):
        read_own(tmp_path)


def test_the_price_list_as_csv_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    table("2026-11-21", snapshots=True, prices=BASE).to_frame().to_csv(path, index=False)
    mine = book(path, base=BASE)
    for name in BASE.models("2026-11-21"):
        own, carried = mine.at(name, "2026-11-21"), BASE.at(name, "2026-11-21")
        assert own is not None
        assert carried is not None
        assert own.own
        assert own.source[0].startswith("own: mine.csv; ")
        assert repr(own.prices) == repr(carried.prices)
        assert (own.prices, own.per, own.unit, own.kind) == (carried.prices, carried.per, carried.unit, carried.kind)
        assert (own.context_tokens, own.shutdown, own.valid_from) == (
            carried.context_tokens,
            carried.shutdown,
            carried.valid_from,
        )


def test_a_csv_of_a_few_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\ufeffmodel,audio_input_usd,audio_output_usd\ngpt-realtime,28,56\n,,\n")
    (row,) = read_own(path)
    assert row.prices is not None
    assert [(price.modality, price.input, price.cached, price.output) for price in row.prices] == [
        ("audio", Decimal(28), None, Decimal(56))
    ]
    assert row.source == "mine.csv"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "model,audio_in_usd\nm,3\n",
            "has a column 'audio_in_usd' that means nothing here; did you mean 'audio_input_usd'",
        ),
        ("model,per,audio_input_usd\nm,hour,3\n", "Row 1 of mine.csv: 'per' is 'hour'; there are 1M tokens, minute"),
        ("model,audio_input_usd,context_tokens\nm,3,many\n", "context_tokens is 'many'"),
        ("model,audio_input_usd\nm,dear\n", "the audio input price is 'dear'"),
        ("model,audio_input_usd\nm,\n", "needs at least one price|must look like"),
        ("model,audio_input_usd\n", "holds no rows"),
        ("", "holds no rows"),
    ],
)
def test_errors_of_a_csv(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_own(path)


@pytest.mark.parametrize(
    ("unit", "price", "what"),
    [("usd_per_1m_tokens", "32/1000", "1M tokens"), ("usd_per_minute", "0.6/60", "one minute")],
)
def test_a_price_for_several_is_for_session_time_alone(unit: str, price: str, what: str) -> None:
    with pytest.raises(ConfigError, match=f"a price of {unit} is for {what}; write it so, without '/"):
        book({"model": "my", "unit": unit, "prices": {"audio": {"input": price}}})


@pytest.mark.parametrize("seconds", [1, 15, 60, 3600])
def test_session_time_goes_through_csv_and_back(seconds: int, tmp_path: Path) -> None:
    mine = book({"model": "my", "unit": "usd_per_session_second", "prices": {"session": f"0.5/{seconds}"}})
    path = tmp_path / "mine.csv"
    table(model="my", prices=mine).to_frame().to_csv(path, index=False)
    again = book(path).at("my", "2026-11-21")
    assert again is not None
    assert (again.per, again.price("session", "input")) == (seconds, Decimal("0.50"))
    assert "1000000" not in repr(again)


def test_a_csv_of_a_spreadsheet_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "preise.csv"
    path.write_text(
        "model;audio_input_usd;audio_output_usd;context_tokens;note\r\n"
        "gpt-realtime;28,5;1.056,25;32.000;a, b\r\n"
        "other;28.5;7;128000,0;\r\n",
        encoding="utf-8-sig",
    )
    rows = [book(path).at(name, "2026-11-21") for name in ("gpt-realtime", "other")]
    assert [row and row.price("audio", "input") for row in rows] == [Decimal("28.5"), Decimal("28.5")]
    assert rows[0] is not None
    assert (rows[0].price("audio", "output"), rows[0].note) == (Decimal("1056.25"), "a, b")
    assert [row and row.context_tokens for row in rows] == [32_000, 128_000]


def test_a_csv_in_another_encoding_is_told_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "preise.csv"
    path.write_bytes("model,note,audio_input_usd\nmy,f\xfcr uns,3\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"'preise\.csv' is not in UTF-8; save it so, .* 'CSV UTF-8'"):
        book(path)
    path.write_bytes(b'model,note,audio_input_usd\nmy,"' + b"x" * 200_000 + b'",3\n')
    with pytest.raises(ConfigError, match="is not a CSV file with prices"):
        book(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"unit": []}, "unit"),
        ({"prices": {"audio": "1e999999999"}}, "write a number of USD"),
        ({"prices": {"audio": "1e-999999999"}}, "write a number of USD"),
    ],
)
def test_what_is_no_price_is_said_so(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        book({"model": "x", "prices": {"audio": 1}, **row})
    with pytest.raises(ConfigError, match="'sources' is 3"):
        book({"sources": 3, "rows": [{"model": "x", "prices": {"audio": 1}}]})
