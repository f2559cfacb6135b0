from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from support.bills import (
    DAY,
    MODEL,
    joined,
    make_calibration,
    make_meter,
    make_policies,
    make_reconciliation,
    make_whatif,
    rates_of,
)

from rtnb.plots.money.reconciliation_sheets import narrow_reconciliation_sheet, reconciliation_sheet
from rtnb.plots.money.sheets import (
    calibration_sheet,
    misses_sheet,
    narrow_prices_sheet,
    prices_sheet,
    rates_sheet,
    responses_sheet,
    sessions_sheet,
    whatif_sheet,
)
from rtnb.plots.sheet import Cell, Sheet, sheet_html
from rtnb.pricing import Cost, Price
from rtnb.pricing.bills.meter import Meter
from rtnb.pricing.prices.table import table


def titles(sheet: Sheet) -> list[str]:
    return [f"{head.group} {head.title}".strip() for head in sheet.heads]


def column(sheet: Sheet, title: str) -> list[str]:
    at = titles(sheet).index(title)
    return [str(row[at]) for row in sheet.rows]


def test_every_row_has_a_cell_for_every_column() -> None:
    meter = joined(make_meter(4, session="a"), make_meter(4, session="b"))
    for sheet in (
        prices_sheet(table(DAY).rows), narrow_prices_sheet(table(DAY).rows), rates_sheet(rates_of()),
        responses_sheet(meter), responses_sheet(make_meter()), misses_sheet(meter), sessions_sheet(meter),
        whatif_sheet(make_policies()), whatif_sheet(make_whatif()), calibration_sheet(make_calibration()),
        reconciliation_sheet(make_reconciliation()), narrow_reconciliation_sheet(make_reconciliation()),
    ):  # fmt: skip
        assert sheet.rows
        assert {len(row) for row in sheet.rows} == {len(sheet.heads)}
        assert len(sheet.total) in (0, len(sheet.heads))


def test_prices_stand_as_they_are_printed() -> None:
    sheet = prices_sheet((rates_of(),))
    row = dict(zip(titles(sheet), map(str, sheet.rows[0]), strict=True))
    assert row["text in"] == "$4"
    assert row["audio cached"] == "$0.40"
    assert row["audio out"] == "$64"
    assert row["image in"] == "$5"
    assert "image out" not in row
    assert "by time" not in row
    assert row["ends"] == "2027-01-20"


def test_prices_by_time_stand_apart() -> None:
    sheet = prices_sheet((rates_of(), rates_of("whisper-1"), rates_of("gpt-live-1")))
    assert column(sheet, "audio in") == ["$32", "$0.006 / min", "$0.05 / min of session"]
    assert column(sheet, "audio cached") == ["$0.40", "", ""]
    # They take the room of all three.
    assert [row[4].span for row in sheet.rows[1:] if isinstance(row[4], Cell)] == [3, 3]
    assert 'colspan="3"' in str(sheet_html(sheet)).split("<tbody", 1)[1]
    assert "min: a minute of audio" in sheet.caption
    alone = prices_sheet((rates_of("whisper-1"),))
    assert column(alone, "by time") == ["$0.006 / min"]
    narrow = narrow_prices_sheet((rates_of(), rates_of("whisper-1"), rates_of("gpt-live-1")))
    assert column(narrow, "audio") == ["32/0.40/64", "0.006 a minute", "0.05 a minute\nof session"]
    assert column(narrow, "image")[0] == "5/0.50"


def test_own_prices_and_models_that_end_soon_are_marked() -> None:
    soon = replace(rates_of(), shutdown=DAY + timedelta(days=30), confidence="own", source=("own: contract",))
    sheet = prices_sheet((soon, rates_of("gpt-realtime-2.1")), on=DAY)
    first, end = sheet.rows[0][0], sheet.rows[0][titles(sheet).index("ends")]
    assert isinstance(first, Cell)
    assert first.note == "own price"
    assert isinstance(end, Cell)
    assert end.strong
    assert "bold: the model ends" in sheet.caption
    assert "bold" not in prices_sheet((rates_of("gpt-realtime-2.1"),), on=DAY).caption
    # What has ended does not end soon, and a day long before does not know of it as near.
    for day in (DAY + timedelta(days=31), DAY - timedelta(days=300), None):
        assert "bold" not in prices_sheet((soon,), on=day).caption
    assert column(prices_sheet((replace(soon, valid_from=date.min),)), "from") == [""]


def test_a_price_of_nothing_is_a_price() -> None:
    free = replace(rates_of(), prices=(Price("audio", Decimal(0), None, Decimal(1)),))
    assert column(prices_sheet((free,)), "audio in") == ["$0"]


def test_responses_tell_what_happened() -> None:
    meter = make_meter()
    sheet = responses_sheet(meter)
    happened = column(sheet, "what happened")
    assert happened[0].startswith("first use: 400 text")
    assert happened[7].startswith("interrupted, ")
    assert "not heard ($" in happened[7]
    assert "instructions changed" in happened[12]
    assert column(sheet, "so far")[-1] == str(meter.cost)
    assert str(sheet.total[-1]) == "30 responses"
    entry = meter.entries[3]
    failed = replace(entry.exchange, usage=None, status="failed")
    lost = replace(entry, cost=None, transcription=Cost(), exchange=failed)
    sheet = responses_sheet(Meter((lost,), ("a",)))
    assert column(sheet, "cost") == ["unknown"]
    assert column(sheet, "what happened") == ["failed, the server sent no usage"]


def test_misses_are_counted_by_response() -> None:
    sheet = misses_sheet(make_meter(busted=(5, 12)))
    assert column(sheet, "charged in full because of") == ["instructions changed", "first use"]
    assert column(sheet, "responses") == ["2", "30"]
    assert column(sheet, "cost more")[1] == "–"


def test_sessions_add_up() -> None:
    meter = joined(make_meter(4, session="a"), make_meter(4, session="b"))
    sheet = sessions_sheet(meter)
    assert column(sheet, "session") == ["a", "b"]
    assert str(sheet.total[-1]) == str(meter.cost)


def test_a_calibration_is_told_part_by_part() -> None:
    sheet = calibration_sheet(make_calibration())
    assert "audio out" in column(sheet, "part")
    assert column(sheet, "recorded")[-1].startswith("$")
    assert column(sheet, "projected")[-1] == "–"


def test_what_all_variants_share_is_not_repeated() -> None:
    sheet = whatif_sheet(make_policies())
    assert titles(sheet) == ["variant", "cost", "change", "lost", "refused"]
    assert "prices of 2026-11-21" in sheet.caption
    sheet = whatif_sheet(make_whatif())
    assert "No price is known for the model 'my-own-model'" in sheet.caption
    assert column(sheet, "cost")[-1] == "unpriced"


def test_a_reconciliation_says_what_is_unpriced_and_what_is_missing() -> None:
    sheet = reconciliation_sheet(make_reconciliation())
    assert column(sheet, "USD recorded") == ["$1.23", "$1.23", "unpriced"]
    assert column(sheet, "USD exported") == ["$1.23", "$1.53", ""]
    assert column(sheet, "")[1] == "differs, exported +$0.3000 The export counts 4 more requests."
    narrow = narrow_reconciliation_sheet(make_reconciliation())
    assert column(narrow, "USD")[2] == "unpriced\n–"


def test_names_that_are_too_long_are_broken_at_hyphens() -> None:
    row = replace(rates_of(), model="gpt-4o-realtime-preview-2024-10-01")
    assert column(narrow_prices_sheet((row,)), "model") == ["gpt-4o-realtime-preview-\n2024-10-01"]
    assert MODEL in column(narrow_prices_sheet((rates_of(),)), "model")


def test_models_as_variants_are_named_once() -> None:
    sheet = whatif_sheet(make_whatif())
    assert "model" not in titles(sheet)
    assert column(sheet, "variant")[:2] == ["as recorded gpt-realtime", "gpt-realtime-mini"]
    what = make_whatif()
    others = tuple(replace(variant, name=f"variant {i}") for i, variant in enumerate(what.variants))
    sheet = whatif_sheet(replace(what, variants=others))
    assert column(sheet, "model") == ["gpt-realtime", "gpt-realtime-mini", "gpt-realtime-2.1", "my-own-model"]


def test_a_running_total_says_from_where_on_it_is_short() -> None:
    meter, other = make_meter(4), make_meter(4, model="my-own-model")
    entries = (*meter.entries[:2], *other.entries[2:])
    so_far = column(responses_sheet(Meter(entries, ("talk.rtnb",))), "so far")
    assert [cell.endswith(" + unpriced") for cell in so_far] == [False, False, True, True]
    nothing = tuple(replace(entry, transcription=Cost(), cumulative_usd=0.0) for entry in other.entries)
    assert set(column(responses_sheet(Meter(nothing, ("talk.rtnb",))), "so far")) == {"unpriced"}
