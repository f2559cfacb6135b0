"""``rtnb cost``, on recordings written here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.command import Command, shell
from support.logs import START_WALL_S, USAGE, Script, answer, append, committed, got, pcm, request, session, user_item

import rtnb
from rtnb.cli.costs import _read
from rtnb.pricing.bills.entries import COLUMNS
from rtnb.session.record.recording import save

MODEL = "gpt-realtime-2.1"
TEN_MINUTES = Path(__file__).parents[2] / "notebooks" / "data" / "ten_minutes.rtnb"


def usage(text: int, audio: int, cached_text: int, cached_audio: int) -> dict[str, Any]:
    cached = {"text_tokens": cached_text, "audio_tokens": cached_audio}
    return {
        "input_tokens": text + audio,
        "output_tokens": 50,
        "total_tokens": text + audio + 50,
        "input_token_details": {
            "text_tokens": text,
            "audio_tokens": audio,
            "cached_tokens": cached_text + cached_audio,
            "cached_tokens_details": cached,
        },
        "output_token_details": {"text_tokens": 10, "audio_tokens": 40},
    }


def talk(
    folder: Path, name: str = "talk.rtnb", *, model: str = MODEL, first: int = 1, heard: bool = True, later_s: float = 0
) -> Path:
    """Three responses in two spoken turns and a typed one; the last has no usage."""
    script = Script(session(model=model), append(pcm(500)), *committed(f"item_u{first}"))
    script.log.start_wall_s = START_WALL_S + later_s
    transcribed = {"type": "duration", "seconds": 60}
    kind = "conversation.item.input_audio_transcription.completed"
    script.play(request("turn_1"), answer(first, key="turn_1", chunks=[pcm(2000)]))
    if heard:
        script.play(got(kind, item_id=f"item_u{first}", content_index=0, transcript="Hello.", usage=transcribed))
    script.play(
        user_item("item_v", "Again."), request("turn_2"), answer(first + 1, key="turn_2", usage=usage(300, 200, 0, 0))
    )
    script.play(
        user_item("item_w", "More."), request("turn_3"), answer(first + 2, key="turn_3", status="failed", usage=None)
    )
    return save(folder / name, script.log, endpoint="a script")


def amounts(rows: list[dict[str, str]], *names: str) -> Decimal:
    return sum((Decimal(row[name] or 0) for row in rows for name in names), Decimal(0))


def test_the_price_of_the_script_is_what_a_calculator_says() -> None:
    assert rtnb.pricing.cost(USAGE, MODEL, "2026-11-18").exact_usd == (
        Decimal(55 * 4 + 13 * 32 + 30 * 24 + 91 * 64) / 10**6 + Decimal("0.4") * 64 / 10**6
    )


@pytest.mark.parametrize(("by", "count"), [("response", 3), ("turn", 3), ("session", 1)])
def test_cost_as_csv_adds_up(tmp_path: Path, run: Command, by: str, count: int) -> None:
    place = talk(tmp_path)
    expected = rtnb.pricing.meter(rtnb.replay(place)).cost.exact_usd
    printed = run("cost", place, "--csv", "--by", by)
    assert (printed.status, printed.err, len(printed.rows)) == (0, "", count)
    assert amounts(printed.rows, "usd", "transcription_usd") == expected
    assert amounts(printed.rows, "transcription_usd") == Decimal("0.0045")
    assert Decimal(printed.rows[-1]["cumulative_usd"]) == expected


def test_the_columns_are_those_of_the_meter(tmp_path: Path, run: Command) -> None:
    place = talk(tmp_path)
    records = rtnb.pricing.meter(rtnb.replay(place)).records()
    assert run("cost", place, "--json", "--by", "response").data["rows"] == records
    assert list(run("cost", place, "--csv", "--by", "response").rows[0]) == list(COLUMNS)
    for by in ("turn", "session"):
        (row, *_) = run("cost", place, "--json", "--by", by).data["rows"]
        assert list(row) == [*COLUMNS, "responses"]
    assert (row["input_text"], row["input_audio"], row["responses"]) == (119 + 300, 13 + 200, 3)


def test_cost_without_usage_is_unknown_and_said_so(tmp_path: Path, run: Command) -> None:
    place = talk(tmp_path)
    last = run("cost", place, "--csv", "--by", "response").rows[-1]
    assert last["status"] == "failed" and last["input_text"] == "" and last["usd"] == ""
    out = run("cost", place, "--by", "response").out
    row = next(line for line in out.splitlines() if "failed" in line)
    assert "usage" in out and "$0.00" not in row and "–" in row


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_cost_fits_the_terminal(tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = run("cost", talk(tmp_path)).out
    assert max(map(len, out.splitlines())) <= width
    assert "in all" in out and "audio output" in out and ("also shows: " in out) == (width < 80)


def test_in_a_pipe_no_column_is_hidden(tmp_path: Path) -> None:
    place = talk(tmp_path)
    head = shell("cost", place).out.splitlines()[0]
    assert shell("cost", place, COLUMNS="50").out.splitlines()[0] != head
    assert all(title in head for title in ("at", "share", "cost", "so far"))


def test_cost_as_json_carries_lines_misses_and_rows(tmp_path: Path, run: Command) -> None:
    printed = run("cost", talk(tmp_path), "--json")
    found = printed.data
    assert (printed.status, printed.err) == (0, "")
    assert found["total_usd"] == pytest.approx(sum(line["usd"] for line in found["lines"]), rel=1e-12)
    assert [row["turn"] for row in found["rows"]] == [1, 2, 3]
    assert found["unreadable"] == [] and found["unpriced"] == []
    assert {"reason", "tokens", "extra_usd"} <= set(found["misses"][0])
    assert '"quantity": 55,' in printed.out or '"quantity": 355,' in printed.out, "tokens are whole"


def test_the_bill_names_the_model_of_each_line_where_there_are_several(tmp_path: Path, run: Command) -> None:
    one, two = talk(tmp_path, "one.rtnb"), talk(tmp_path, "two.rtnb", first=10, model="gpt-realtime-9")
    bill = next(part for part in run("cost", one, two).out.split("\n\n") if part.startswith("2 sessions")).splitlines()
    places = [bill.index(f"  {model}") for model in (MODEL, "gpt-realtime-9")]
    assert places == sorted(places)
    assert any("text input: 355 tokens at $4" in line for line in bill[places[0] : places[1]])
    assert "    text input: 355 tokens = unpriced" in bill[places[1] :]
    alone = run("cost", talk(tmp_path, "three.rtnb", heard=False)).out
    assert f"\n  {MODEL}\n" not in alone and "\n  text input: " in alone


def test_many_recordings_add_up_and_a_broken_one_is_named(tmp_path: Path, run: Command) -> None:
    one, two = talk(tmp_path, "one.rtnb"), talk(tmp_path, "two.rtnb", first=10)
    broken = tmp_path / "broken.rtnb"
    broken.write_bytes(b"no archive")
    single = run("cost", one, "--json").data["total_usd"]
    printed = run("cost", one, broken, two, tmp_path / "gone.rtnb", "--json")
    assert printed.status == 1 and "Traceback" not in printed.err
    assert "broken.rtnb" in printed.err and "gone.rtnb" in printed.err
    assert printed.data["total_usd"] == pytest.approx(2 * single, rel=1e-12)
    assert len(printed.data["unreadable"]) == 2 and len(printed.data["sessions"]) == 2
    printed = run("cost", one, broken, two)
    assert printed.status == 1 and "in all" in printed.out and "2 sessions" in printed.out


def test_by_session_the_cost_so_far_goes_on_in_the_order_they_began(tmp_path: Path, run: Command) -> None:
    places = [talk(tmp_path, f"{n}.rtnb", first=10 * n, later_s=-3600 * n) for n in (1, 2, 3)]
    printed = run("cost", *places, "--csv", "--by", "session")
    assert [row["session"] for row in printed.rows] == ["3.rtnb", "2.rtnb", "1.rtnb"]
    sums = [amounts(printed.rows[: n + 1], "usd", "transcription_usd") for n in range(3)]
    assert [Decimal(row["cumulative_usd"]) for row in printed.rows] == sums
    total = str(rtnb.pricing.meter([rtnb.replay(place) for place in places]).cost)
    last = next(line for line in run("cost", *places, "--by", "session").out.splitlines() if "1.rtnb" in line)
    assert last.split()[6] == total


def test_a_session_that_is_counted_elsewhere_is_no_free_one(tmp_path: Path, run: Command) -> None:
    one = talk(tmp_path, "one.rtnb")
    two = Path(shutil.copy(one, tmp_path / "two.rtnb"))
    first, second = run("cost", one, two, "--csv", "--by", "session").rows
    assert first["responses"] == "3" and second["responses"] == "0"
    assert (second["usd"], second["transcription_usd"], second["input_text"]) == ("", "", "")
    row = next(line for line in run("cost", one, two, "--by", "session").out.splitlines() if "two.rtnb" in line)
    assert "$0.00 " not in f"{row} " and "–" in row


def test_of_a_recording_only_what_is_billed_is_kept(tmp_path: Path) -> None:
    (ledger,), broken = _read([str(talk(tmp_path))])
    assert isinstance(ledger, rtnb.pricing.Ledger) and broken == []


def test_nothing_readable_prints_nothing_on_stdout(tmp_path: Path, run: Command) -> None:
    printed = run("cost", tmp_path / "gone.rtnb", "--json")
    assert (printed.status, printed.out) == (1, "") and "There is no recording" in printed.err


def test_an_unknown_model_is_unpriced_and_never_nought(tmp_path: Path, run: Command) -> None:
    place = talk(tmp_path, model="gpt-realtime-9", heard=False)
    found = run("cost", place, "--json", "--by", "response").data
    assert found["unpriced"] and found["total_usd"] is None
    assert [row["usd"] for row in found["rows"]] == [None] * 3
    assert [row["cumulative_usd"] for row in found["rows"]] == [None] * 3
    for by in ("response", "turn", "session"):
        out = run("cost", place, "--by", by).out
        assert "unpriced" in out and "$" not in out
        assert all(row["cumulative_usd"] == "" for row in run("cost", place, "--csv", "--by", by).rows)
    assert run("cost", place, "--json", "--model", MODEL).data["total_usd"] > 0


def test_one_reason_is_told_once_with_all_its_tokens(tmp_path: Path, run: Command) -> None:
    place = talk(tmp_path, model="gpt-realtime-9")
    (told,) = run("cost", place, "--json").data["unpriced"]
    assert told.startswith("text input, cached text input, audio input, text output, audio output (803 tokens): ")
    assert USAGE["total_tokens"] + 550 == 803
    out = " ".join(run("cost", place).out.split())
    assert out.count("No price is known") == 1 and told in out


def test_where_only_the_transcription_has_a_price_every_sum_says_so(tmp_path: Path, run: Command) -> None:
    out = run("cost", talk(tmp_path, model="gpt-realtime-9")).out
    rows = [line for line in out.splitlines() if "$" in line and "whisper" not in line and "min" not in line]
    assert rows and all("+ unpriced" in line for line in rows)


def test_the_first_use_of_input_costs_nothing_more(run: Command) -> None:
    """No cache holds what no response was given before."""
    found = {miss["reason"]: miss for miss in run("cost", TEN_MINUTES, "--json").data["misses"]}
    assert found["first use"]["tokens"] > 0 and found["first use"]["extra_usd"] == 0
    assert found["instructions changed"]["extra_usd"] > 0
    out = run("cost", TEN_MINUTES).out
    assert f"first use: {found['first use']['tokens']:,} tokens\n" in out
    assert "more than from the cache" in out


def test_prices_of_your_own_and_another_day(tmp_path: Path, run: Command) -> None:
    place, own = talk(tmp_path), tmp_path / "own.json"
    own.write_text(json.dumps({"model": MODEL, "discount": 0.5}))

    def answers_usd(*more: str | Path) -> Decimal:
        return amounts(run("cost", place, "--csv", *more).rows, "usd")

    assert answers_usd("--prices", own) == answers_usd() / 2
    assert answers_usd("--model", "gpt-4o-realtime-preview-2024-12-17", "--on", "2025-01-31") > answers_usd()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--on", "yesterday"), "yesterday"), (("--prices", "some/where/gone.json"), "some/where/gone.json")],
)
def test_bad_settings_are_one_clear_line(tmp_path: Path, run: Command, arguments: tuple[str, ...], said: str) -> None:
    for command in (("cost", talk(tmp_path)), ("prices",)):
        printed = run(*command, *arguments)
        assert (printed.status, printed.out) == (1, "")
        assert said in printed.err and printed.err.startswith("rtnb: ") and printed.err.count("\n") == 1


def test_golden_sum(tmp_path: Path, run: Command) -> None:
    rows = run("cost", talk(tmp_path), "--csv", "--by", "response").rows
    assert Decimal(rows[0]["usd"]) == Decimal("0.0072056")
    assert Decimal(rows[0]["cumulative_usd"]) == amounts(rows[:1], "usd", "transcription_usd")


def test_the_shell_gets_only_data_on_stdout(tmp_path: Path) -> None:
    printed = shell("cost", talk(tmp_path), tmp_path / "gone.rtnb", "--csv")
    assert printed.status == 1 and len(printed.rows) == 3
    assert printed.err.count("\n") == 1 and "gone.rtnb" in printed.err


def test_a_price_loads_no_picture(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom rtnb.cli import main\nmain(sys.argv[1:])\n"
        "print([n for n in ('matplotlib', 'pandas', 'rtnb.server', 'IPython') if n in sys.modules])"
    )
    for arguments in (("prices",), ("cost", str(talk(tmp_path)))):
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ})
        assert done.stdout.splitlines()[-1] == "[]", arguments


def test_a_recording_without_responses_used_nothing(tmp_path: Path, run: Command) -> None:
    script = Script(session(model=MODEL))
    out = run("cost", save(tmp_path / "silent.rtnb", script.log, endpoint="a script")).out
    assert "silent.rtnb: nothing was used" in out and "no model" not in out and "$0.00" not in out
    script.play(user_item("item_w", "More."), request("turn_1"), answer(1, key="turn_1", status="failed", usage=None))
    out = run("cost", save(tmp_path / "failed.rtnb", script.log, endpoint="a script")).out
    assert "failed.rtnb: no response came with usage" in out and "no model" not in out
