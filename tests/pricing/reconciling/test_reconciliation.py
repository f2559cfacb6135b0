from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import DAY, MODEL, exchange, heard, ledgers, talk

from rtnb.errors import ConfigError
from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.bills.money import format_usd
from rtnb.pricing.prices.book import book
from rtnb.pricing.reconciling.reconciliation import Reconciliation, reconcile
from rtnb.tokens import ModalityCount, TokenUsage

DATA = Path(__file__).parents[2] / "data"
TURN = (ModalityCount(20, 70), ModalityCount(15, 90))
SNAPSHOT = "gpt-realtime-2025-08-28"
EXPORTED = TokenUsage(input_text=59200, cached_text=5760, output_text=800)
MINI = TokenUsage(
    input_text=1000, input_audio=2000, cached_text=640, cached_audio=1024, output_text=100, output_audio=400
)


def written(path: Path, sources: list[Ledger], *, name: str = SNAPSHOT, excluding: bool = False) -> Path:
    """The vendor's export of all that these ledgers hold."""
    days: defaultdict[date, list[TokenUsage]] = defaultdict(list)
    for ledger in sources:
        for each in ledger.exchanges:
            if each.usage is not None:
                days[each.on].append(each.usage)
    rows = []
    for day, usages in days.items():
        usage = sum(usages, TokenUsage())
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        cached = {m: getattr(usage, f"cached_{m}") for m in ("text", "audio", "image")}
        row: dict[str, Any] = {"start_time": start, "end_time": start + 86400, "num_model_requests": f"{len(usages)}.0"}
        row |= {"model": name, "input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        row |= {"input_cached_tokens": usage.cached_tokens, "batch": "False"}
        row |= {f"input_cached_{m}_tokens": count for m, count in cached.items()}
        row |= {
            f"input_{m}_tokens": getattr(usage, f"input_{m}") - (count if excluding else 0)
            for m, count in cached.items()
        }
        row |= {"output_text_tokens": usage.output_text, "output_audio_tokens": usage.output_audio}
        rows.append(row)
    names = ["start_time", "model", "input_tokens", "output_tokens"] if not rows else list(rows[0])
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def recorded(*days: tuple[date, str, TokenUsage, int]) -> Ledger:
    """Days of so many responses; the first has all the tokens."""
    exchanges = []
    for day, model, usage, count in days:
        for number in range(count):
            spent = usage if number == 0 else TokenUsage()
            exchanges.append(exchange(1, spent, response_id=f"{day}_{model}_{number}", on=day, model=model))
    return Ledger(name="talk", endpoint="api.openai.com", model=MODEL, on=DAY, exchanges=tuple(exchanges))


def statuses(found: Reconciliation) -> list[str]:
    return [row.status for row in found.rows]


def test_a_real_shape_of_export_agrees_with_what_was_recorded() -> None:
    ledger = recorded((DAY, MODEL, EXPORTED, 12), (date(2026, 2, 2), "gpt-realtime-mini", MINI, 2))
    found = reconcile(ledger, export=DATA / "usage_export.csv")
    assert statuses(found) == ["agrees", "agrees"]
    assert all(row.why == () and row.exported_usd is None for row in found.rows)
    assert found.rows[0].recorded_usd == (Decimal(53440) * 4 + 5760 * Decimal("0.4") + 800 * 16) / 1_000_000
    assert any("leave the cached ones out" in note for note in found.notes)


def test_costs_stand_beside_the_tokens() -> None:
    ledger = replace(recorded((DAY, MODEL, EXPORTED, 12)), transcriptions=(heard(1, seconds=60),))
    found = reconcile(ledger, export=[DATA / "usage_export.csv", DATA / "costs_export.csv"])
    rows = {row.model: row for row in found.rows}
    flagship, whisper = (
        rows[min(name for name in rows if name.startswith("gpt-realtime") and "mini" not in name)],
        rows["whisper-1"],
    )
    assert flagship.status == "agrees" and flagship.exported_usd == Decimal("0.228864") == flagship.recorded_usd
    assert whisper.status == "agrees" and whisper.recorded_usd == Decimal("0.006")
    assert rows[next(name for name in rows if "mini" in name)].status == "only in the export"


def test_a_contract_price_explains_another_amount(tmp_path: Path) -> None:
    ledger = recorded((DAY, MODEL, EXPORTED, 12))
    path = tmp_path / "costs.csv"
    path.write_text("start_time,amount_value,line_item\n1769817600,0.183091,gpt-realtime-2025-08-28\n")
    exports = [DATA / "usage_export.csv", path]
    row = reconcile(ledger, export=exports).rows[0]
    assert row.status == "differs" and "contract price" in row.why[0]
    assert reconcile(ledger, export=exports, prices=book(discount=0.2)).rows[0].status == "agrees"


def test_transcriptions_do_not_stand_in_an_export_of_completions(tmp_path: Path) -> None:
    ledger = talk(TURN, transcriptions=(heard(1), heard(2, item_id="b", model="")))
    found = reconcile(ledger, export=written(tmp_path / "x.csv", [ledger]))
    assert statuses(found) == ["agrees"]
    assert any("1 transcription by whisper-1 ($0.0030), billed apart" in note for note in found.notes)
    assert any("no event names (unpriced)" in note for note in found.notes)


def test_the_same_session_given_twice_counts_once(tmp_path: Path) -> None:
    ledger = talk(TURN, TURN)
    assert statuses(reconcile(ledger, [ledger], export=written(tmp_path / "x.csv", [ledger]))) == ["agrees"]


def test_a_session_that_was_not_recorded(tmp_path: Path) -> None:
    known, unknown = talk(TURN, TURN), talk(TURN, settings=100)
    (row,) = reconcile(known, export=written(tmp_path / "x.csv", [known, unknown])).rows
    assert row.status == "differs" and (row.recorded_requests, row.exported_requests) == (2, 3)
    assert any("1 response more" in text for text in row.why)


def test_failed_responses_and_the_ones_in_progress(tmp_path: Path) -> None:
    ledger = talk(TURN, TURN)
    silent = [exchange(8, None, status="failed"), exchange(9, None, status="in_progress")]
    more = replace(ledger, exchanges=(*ledger.exchanges, *silent))
    billed = replace(ledger, exchanges=(*ledger.exchanges, exchange(8, TokenUsage(input_text=5))))
    (row,) = reconcile(more, export=written(tmp_path / "x.csv", [billed])).rows
    assert row.recorded_requests == 2
    assert any("1 response recorded without usage" in text and "as many as" in text for text in row.why)


def test_the_embedded_server_bills_nobody(tmp_path: Path) -> None:
    local, real = talk(TURN, TURN, endpoint="embedded server"), replace(talk(TURN, settings=77), name="real")
    real = replace(real, exchanges=tuple(replace(x, response_id="real") for x in real.exchanges))
    (row,) = reconcile(local, export=written(tmp_path / "none.csv", [])).rows
    assert row.status == "only in the recordings" and "bills nobody" in row.why[0]
    (row,) = reconcile(local, real, export=written(tmp_path / "real.csv", [real])).rows
    assert row.status == "agrees" and row.recorded_requests == 1
    assert "Without 2 responses" in row.why[0]
    (row,) = reconcile(local, export=written(tmp_path / "local.csv", [local])).rows
    assert row.status == "agrees" and "bills nobody" in row.why[0]


def test_days_that_were_cut_at_another_hour(tmp_path: Path) -> None:
    ledger = talk(TURN, TURN, TURN)
    late = replace(ledger.exchanges[-1], on=DAY + timedelta(days=1))
    exported = replace(ledger, exchanges=(*ledger.exchanges[:-1], late))
    found = reconcile(ledger, export=written(tmp_path / "x.csv", [exported]))
    assert statuses(found) == ["differs", "only in the export"]
    assert all("another hour than UTC" in row.why[0] for row in found.rows)


def test_an_export_of_other_days(tmp_path: Path) -> None:
    later = replace(talk(TURN), exchanges=(replace(talk(TURN).exchanges[0], on=date(2026, 3, 1)),))
    found = reconcile(talk(TURN), export=written(tmp_path / "x.csv", [later]))
    assert statuses(found) == ["only in the recordings", "only in the export"]
    assert "covers 2026-03-01 to 2026-03-01 only" in found.rows[0].why[0]


def test_two_snapshots_are_two_models(tmp_path: Path) -> None:
    old = talk(TURN, model="gpt-4o-realtime-preview-2024-12-17")
    found = reconcile(old, export=written(tmp_path / "x.csv", [old], name="gpt-4o-realtime-preview-2025-06-03"))
    assert sorted(statuses(found)) == ["only in the export", "only in the recordings"]
    same = reconcile(old, export=written(tmp_path / "y.csv", [old], name="gpt-4o-realtime-preview-2024-12-17"))
    assert statuses(same) == ["agrees"]


def test_an_alias_that_stands_for_nothing_certain_is_met_by_the_only_snapshot_of_its_name(tmp_path: Path) -> None:
    on = date(2025, 9, 1)
    ledger = talk(TURN, model="gpt-4o-realtime-preview")
    ledger = replace(ledger, exchanges=tuple(replace(x, on=on) for x in ledger.exchanges))
    path = written(tmp_path / "x.csv", [ledger], name="gpt-4o-realtime-preview-2025-06-03")
    (row,) = reconcile(ledger, export=path).rows
    assert (row.status, row.model, row.recorded_usd) == ("agrees", "gpt-4o-realtime-preview-2025-06-03", None)


def test_a_model_nobody_knows(tmp_path: Path) -> None:
    ledger = talk(TURN, model="my-model")
    (row,) = reconcile(ledger, export=written(tmp_path / "x.csv", [ledger], name="my-model")).rows
    assert row.status == "agrees" and row.recorded_usd is None


def test_a_recording_without_a_model(tmp_path: Path) -> None:
    ledger = talk(TURN, model="")
    found = reconcile(ledger, export=written(tmp_path / "x.csv", [ledger]))
    assert sorted(statuses(found)) == ["only in the export", "only in the recordings"]


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no export"):
        reconcile(talk(TURN), export=tmp_path / "none.csv")
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        reconcile("talk.rtnb", export=DATA / "usage_export.csv")  # type: ignore[arg-type]


def test_as_a_frame() -> None:
    pytest.importorskip("pandas")
    frame: Any = reconcile(export=DATA / "usage_export.csv").to_frame()
    assert frame["status"].tolist() == ["only in the export"] * 2
    assert frame["exported_input_tokens"].tolist() == [59200, 3000]
    assert frame["recorded_usd"].isna().all()
    empty: Any = Reconciliation(()).to_frame()
    assert list(empty.columns) == list(frame.columns)


@given(st.lists(ledgers(), max_size=3, unique_by=lambda ledger: ledger.name), st.booleans())
def test_an_export_of_the_recordings_agrees_with_them(
    tmp_path_factory: pytest.TempPathFactory, sources: list[Ledger], excluding: bool
) -> None:
    path = written(tmp_path_factory.mktemp("export") / "x.csv", sources, excluding=excluding)
    found = reconcile(sources, export=path)
    assert set(statuses(found)) <= {"agrees"}
    assert len(found.rows) == len({x.on for ledger in sources for x in ledger.exchanges})
    if sources and sources[0].exchanges:
        fewer = [replace(sources[0], exchanges=sources[0].exchanges[1:]), *sources[1:]]
        rows = [row for row in reconcile(fewer, export=path).rows if row.status != "agrees"]
        assert len(rows) == 1 and rows[0].why


def test_a_difference_comes_with_its_counts_and_about_how_much_it_is(tmp_path: Path) -> None:
    full = talk(TURN, TURN, TURN)
    path = written(tmp_path / "usage.csv", [full])
    (row,) = reconcile(replace(full, exchanges=full.exchanges[:2]), export=path).rows
    third = full.exchanges[2].usage
    assert third is not None and row.exported_usd is None
    assert row.difference_usd == cost(third, MODEL, DAY).exact_usd
    assert "3 exported against 2 responses" in row.why[0] and format_usd(row.difference_usd) in row.why[0]
    record = reconcile(replace(full, exchanges=full.exchanges[:2]), export=path).records()[0]
    assert record["difference_usd"] == float(row.difference_usd)


def test_no_difference_is_zero_and_one_without_prices_is_not_known(tmp_path: Path) -> None:
    full = talk(TURN)
    (row,) = reconcile(full, export=written(tmp_path / "usage.csv", [full])).rows
    assert row.status == "agrees" and row.difference_usd == 0 and row.why == ()
    mine = talk(TURN, TURN, model="mine")
    path = written(tmp_path / "mine.csv", [mine], name="mine")
    (row,) = reconcile(replace(mine, exchanges=mine.exchanges[:1]), export=path).rows
    assert row.status == "differs" and row.difference_usd is None


def test_a_row_in_another_currency_is_named_as_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(
        f'start_time_iso,amount_value,amount_currency,line_item\n{DAY}T00:00:00Z,1.33,eur,"{SNAPSHOT} audio, output"\n'
    )
    (row,) = reconcile(talk(TURN), export=path).rows
    assert "EUR" in " ".join(row.why) and "another key" not in " ".join(row.why)


def test_the_line_items_of_a_model_are_one_model(tmp_path: Path) -> None:
    full = talk(TURN, TURN)
    usd = sum((cost(x.usage, MODEL, DAY).exact_usd for x in full.exchanges if x.usage is not None), Decimal(0))
    path = tmp_path / "costs.csv"
    path.write_text(
        "start_time_iso,amount_value,amount_currency,line_item\n"
        f'{DAY}T00:00:00Z,{usd / 2},usd,"{SNAPSHOT} audio, output"\n'
        f'{DAY}T00:00:00Z,{usd / 2},usd,"{SNAPSHOT} text, cached input"\n'
    )
    (row,) = reconcile(full, export=path).rows
    assert (row.model, row.status) == (SNAPSHOT, "agrees")


BARE = "start_time,end_time,model,num_model_requests,input_tokens,output_tokens"


def bare(path: Path, *rows: str, more: str = "") -> Path:
    path.write_text("\n".join((BARE + more, *rows)) + "\n")
    return path


def test_an_export_without_modalities_is_compared_by_its_sums(tmp_path: Path) -> None:
    spent = TokenUsage(input_text=60_000, input_audio=201_732, cached_text=640, output_text=803, output_audio=10_000)
    source = recorded((DAY, SNAPSHOT, spent, 44))
    found = reconcile(source, export=bare(tmp_path / "a.csv", f"1769817600,1769904000,{SNAPSHOT},44,261732,10803"))
    (row,) = found.rows
    assert (row.status, row.difference_usd, row.exported_usd) == ("agrees", None, None)
    assert row.exported == TokenUsage(input_other=261_732, output_other=10_803)
    assert "no columns of modality or cache" in found.notes[0] and "USD" in found.notes[0]
    (record,) = found.records()
    assert (record["recorded_cached_tokens"], record["exported_cached_tokens"]) == (640, None)


def test_sums_that_differ_have_no_price_where_no_modality_is_stated(tmp_path: Path) -> None:
    spent = TokenUsage(input_text=100, input_audio=200, cached_text=64, output_audio=50)
    source = recorded((DAY, SNAPSHOT, spent, 1))
    found = reconcile(source, export=bare(tmp_path / "a.csv", f"1769817600,1769904000,{SNAPSHOT},1,310,50"))
    (row,) = found.rows
    assert (row.status, row.difference_usd) == ("differs", None)
    assert row.why[0] == "The export against the recordings, in tokens: +10 input of unstated modality."
    cached = bare(tmp_path / "b.csv", f"1769817600,1769904000,{SNAPSHOT},1,300,50,0", more=",input_cached_tokens")
    (row,) = reconcile(source, export=cached).rows
    assert (row.status, row.difference_usd) == ("differs", None)
    assert "-64 cached of unstated modality" in row.why[0] and "Only the cached part differs" in row.why[1]
    audio = bare(
        tmp_path / "c.csv",
        f"1769817600,1769904000,{SNAPSHOT},1,300,50,64,200",
        more=",input_cached_tokens,input_audio_tokens",
    )
    found = reconcile(source, export=audio)
    assert found.rows[0].status == "agrees" and found.rows[0].difference_usd is None
    assert "output" in found.notes[0] and "input" not in found.notes[0]


def test_modalities_without_a_cache_column_are_compared_without_it(tmp_path: Path) -> None:
    spent = TokenUsage(input_text=100, input_audio=200, cached_text=64, output_text=10, output_audio=50)
    more = ",input_text_tokens,input_audio_tokens,output_text_tokens,output_audio_tokens"
    path = bare(tmp_path / "a.csv", f"1769817600,1769904000,{SNAPSHOT},1,300,60,100,200,10,50", more=more)
    (row,) = reconcile(recorded((DAY, SNAPSHOT, spent, 1)), export=path).rows
    assert (row.status, row.difference_usd) == ("agrees", None)
