from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing.reconciling.export import ExportRow, read_export
from rtnb.tokens import TokenUsage

DATA = Path(__file__).parents[2] / "data"
DAY = date(2026, 1, 31)
HEAD = (
    "start_time,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens,"
    "input_text_tokens,input_audio_tokens,input_image_tokens,input_cached_text_tokens,input_cached_audio_tokens,"
    "input_cached_image_tokens,output_text_tokens,output_audio_tokens,batch,service_tier"
)
START = 1769817600


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(*lines: str, head: str = HEAD, name: str = "export.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text("\n".join((head, *lines)) + "\n", encoding=encoding)
        return path

    return write


def test_the_export_that_leaves_cached_text_out_of_input_text() -> None:
    export = read_export(DATA / "usage_export.csv")
    first, second = export.rows
    assert first == ExportRow(
        DAY, "gpt-realtime-2025-08-28", 12, TokenUsage(input_text=59200, cached_text=5760, output_text=800)
    )
    assert first.usage is not None and first.usage.problems == () and first.usage.input_other == 0
    # The second row adds up as documented: 1,000 + 2,000 are all 3,000 input tokens.
    assert second.usage == TokenUsage(
        input_text=1000, input_audio=2000, cached_text=640, cached_audio=1024, output_text=100, output_audio=400
    )
    assert (export.first_day, export.last_day) == (DAY, date(2026, 2, 2))
    (note,) = export.notes
    assert note.startswith("In 1 row") and "leave the cached ones out" in note


def test_an_export_of_costs() -> None:
    export = read_export(DATA / "costs_export.csv")
    assert [(row.model, row.usd) for row in export.rows] == [
        ("gpt-realtime-2025-08-28", Decimal("0.213760")),
        ("gpt-realtime-2025-08-28", Decimal("0.002304")),
        ("gpt-realtime-2025-08-28", Decimal("0.0128")),
        ("whisper-1", Decimal("0.006")),
    ]
    assert export.rows[0].usage is None and export.rows[0].requests is None
    assert any("EUR" in note for note in export.notes)


def test_a_saved_page_of_the_api() -> None:
    export = read_export(DATA / "usage_page.json")
    (row,) = export.rows
    # It names no text tokens: what is not audio is text, and the cached ones are text first.
    assert row.usage == TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
    assert (row.requests, row.day, export.last_day) == (1, DAY, date(2026, 2, 1))
    assert any("more" in note for note in export.notes)


def test_a_page_of_costs(tmp_path: Path) -> None:
    result = {"amount": {"value": 0.06, "currency": "usd"}, "line_item": "gpt-realtime-2025-08-28, audio input"}
    page = {"data": [{"start_time": START, "end_time": START + 86400, "results": [result]}]}
    path = tmp_path / "costs.json"
    path.write_text(json.dumps([page, page]))
    assert [row.usd for row in read_export(path).rows] == [Decimal("0.06")] * 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_delimiters_and_marks_of_byte_order(write: Any, encoding: str, delimiter: str) -> None:
    line = f"{START},m,1,10,5,0,10,10,0,0,0,0,0,5,0,false,"
    path = write(line.replace(",", delimiter), head=HEAD.replace(",", delimiter), encoding=encoding)
    assert read_export(path).rows == (ExportRow(DAY, "m", 1, TokenUsage(input_text=10, output_text=5)),)


@pytest.mark.parametrize(
    ("without", "columns"),
    [
        ("nothing", (300, 200, 100)),
        ("text", (172, 200, 100)),
        ("audio", (300, 136, 100)),
        ("all", (172, 136, 36)),
    ],
)
def test_each_row_is_read_as_it_adds_up(write: Any, without: str, columns: tuple[int, int, int]) -> None:
    cells = ",".join(map(str, columns))
    path = write(f"{START},m,1,600,5,256,344,{cells},128,64,64,5,0,false,")
    (row,) = read_export(path).rows
    assert row.usage == TokenUsage(
        input_text=300,
        input_audio=200,
        input_image=100,
        cached_text=128,
        cached_audio=64,
        cached_image=64,
        output_text=5,
    )
    assert bool(read_export(path).notes) is (without != "nothing")


def test_only_the_sum_of_cached_tokens_is_known(write: Any) -> None:
    (row,) = read_export(write(f"{START},m,1,59200,5,5760,53440,53440,0,0,,,,5,0,false,")).rows
    assert row.usage == TokenUsage(input_text=59200, cached_text=5760, output_text=5)


def test_what_no_reading_explains_is_of_no_modality_and_noted(write: Any) -> None:
    path = write(f"{START},m,1,1000,50,0,1000,300,200,0,0,0,0,20,20,false,")
    (row,) = read_export(path).rows
    assert row.usage is not None
    assert (row.usage.input_other, row.usage.output_other, row.usage.input_tokens) == (500, 10, 1000)
    assert any("do not add up" in note for note in read_export(path).notes)


def test_more_cached_than_given_adds_up_in_no_reading(write: Any) -> None:
    export = read_export(write(f"{START},m,1,600,5,200,400,100,500,0,200,0,0,5,0,false,"))
    assert any("do not add up" in note for note in export.notes)


def test_where_two_readings_add_up_text_is_what_lacks_its_cached_part(write: Any) -> None:
    (row,) = read_export(write(f"{START},m,1,436,5,128,308,172,200,0,64,64,0,5,0,false,")).rows
    assert row.usage == TokenUsage(input_text=236, input_audio=200, cached_text=64, cached_audio=64, output_text=5)


def test_batch_and_service_tiers(write: Any) -> None:
    cells = "m,1,10,5,0,10,10,0,0,0,0,0,5,0"
    tiers = ["True,", "false,flex", "false,default", "0,Standard"]
    assert [row.tier for row in read_export(write(*(f"{START},{cells},{tier}" for tier in tiers))).rows] == [
        "batch", "flex", "", ""
    ]  # fmt: skip


def test_times_as_text_and_long_periods(write: Any) -> None:
    head = "start_time_iso,end_time,model,input_tokens,output_tokens,surprise"
    line = f"2026-01-31T23:30:00-05:00,{START + 9 * 86400},m,10,5,!"
    export = read_export(write(line, head=head))
    assert export.rows[0].day == date(2026, 2, 1)
    assert (
        read_export(
            write(f"{START},{START + 86400},m,0,0", head="start_time,end_time,model,input_tokens,output_tokens")
        ).notes
        == ()
    )
    late = f"{START},{START + 7 * 86400},m,0,0"
    assert (
        "longer than a day"
        in read_export(write(late, head="start_time,end_time,model,input_tokens,output_tokens")).notes[0]
    )


def test_columns_that_are_missing_are_named_at_once(write: Any) -> None:
    with pytest.raises(ConfigError, match="lacks the columns start_time, model, output_tokens"):
        read_export(write("1", head="input_tokens"))
    with pytest.raises(ConfigError, match="lacks the column start_time"):
        read_export(write("1", head="amount_value"))


@pytest.mark.parametrize("cell", ["many", "1.5", "-3", "nan", "1e999999"])
def test_a_cell_that_is_no_count_is_named_with_its_line(write: Any, cell: str) -> None:
    good = f"{START},m,1,10,5,0,10,10,0,0,0,0,0,5,0,false,"
    with pytest.raises(ConfigError, match=r"line 3: input_tokens is .*not a"):
        read_export(write(good, good.replace(",10,5", f",{cell},5", 1)))


@pytest.mark.parametrize("time", ["yesterday", "", "99999999999999999"])
def test_a_time_that_is_none(write: Any, time: str) -> None:
    with pytest.raises(ConfigError, match="line 2: start_time is"):
        read_export(write(f"{time},m,1,10,5,0,10,10,0,0,0,0,0,5,0,false,"))


def test_what_is_no_export_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no export"):
        read_export(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_export(tmp_path)
    for name, data, why in (
        ("picture", b"\x89PNG\r\n\x1a\n\xff\xfe\xfa", "no text"),
        ("broken", b"{", "broken JSON"),
        ("other", b"{}", "no page of the Usage API"),
        ("list", b"[3]", "no page of the Usage API"),
        ("bucket", b'{"data": [{"start_time": 1}]}', "bucket 1: a list of 'results'"),
        ("columns", b'{"data": [{"start_time": 1, "results": [{"x": 1}]}]}', "lacks the columns"),
        ("results", b'{"data": [{"start_time": 1, "results": [3]}]}', "bucket 1"),
        ("data", b'{"data": 3}', "Usage API"),
        ("empty", b"", "is empty"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(ConfigError, match=why):
            read_export(path)


@given(st.binary(max_size=200))
def test_no_file_fails_in_another_way(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    for given_data in (data, HEAD.encode() + b"\n" + data, b'{"data": ' + data):
        path.write_bytes(given_data)
        try:
            read_export(path)
        except ConfigError as error:
            assert str(path) in str(error)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_called_empty(tmp_path: Path, content: str) -> None:
    path = tmp_path / "none.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"none\.csv' is empty"):
        read_export(path)


def test_rows_in_another_currency_are_remembered(write: Any) -> None:
    head = "start_time,amount_value,amount_currency,line_item"
    export = read_export(write(f'{START},1.5,eur,"gpt-realtime, input"', f'{START},2,usd,"other, input"', head=head))
    assert export.foreign == ((DAY, "gpt-realtime", "EUR"),)
    assert [row.model for row in export.rows] == ["other"]


def test_without_modalities_sums_are_read_and_no_more(write: Any) -> None:
    bare = "start_time,end_time,model,num_model_requests,input_tokens,output_tokens"
    (row,) = read_export(write(f"{START},{START + 86400},m,44,261732,10803", head=bare)).rows
    assert row.usage == TokenUsage(input_other=261_732, output_other=10_803)
    assert row.unstated == {"input", "cached", "output"}
    (row,) = read_export(
        write(
            f"{START},m,7,5,3,2",
            head="start_time,model,input_tokens,output_tokens,input_audio_tokens,output_audio_tokens",
        )
    ).rows
    assert row.usage == TokenUsage(input_text=4, input_audio=3, output_text=3, output_audio=2)
    assert row.unstated == {"cached"}
    empty = ",".join(["", "m", "1", "7", "5", "2"])
    (row,) = read_export(write(f"{START}{empty}" + "," * 11)).rows
    assert row.usage == TokenUsage(input_other=7, cached_other=2, output_other=5)
    assert row.unstated == {"input", "output"}
