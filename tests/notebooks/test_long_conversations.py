"""The notebook about long conversations: what is forgotten is forgotten, and the bill says what it cost."""

from __future__ import annotations

import itertools
import re

import nbformat
import pytest
from support.course import NOTEBOOKS, Cells, cell, data, execute, said, stored

import rtnb

NAME = "07_long_conversations"

LESSONS = ("everything", "truncated", "last turns", "summarised")

Table = dict[str, list[int]]


@pytest.fixture(scope="module", params=["stored", pytest.param("run", marks=[pytest.mark.course, pytest.mark.local])])
def cells(request: pytest.FixtureRequest) -> Cells:
    """As it is stored, and as it comes out now."""
    return stored(NAME) if request.param == "stored" else execute(NAME)[0]


def plain(each: nbformat.NotebookNode) -> str:
    """The text of all that a cell shows."""
    return "\n".join(str(o["data"]["text/plain"]) for o in each.outputs if "data" in o)


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def tokens_read(cells: Cells) -> Table:
    lines = plain(cell(cells, "table = pd.DataFrame")).splitlines()
    found = {name: line for name in LESSONS for line in lines if line.startswith(name)}
    return {name: [int(number) for number in numbers(line)] for name, line in found.items()}


def answer(cells: Cells, source: str) -> str:
    (found,) = re.findall(r"Assistant +(.*)", data(cells, source)["text/plain"])
    return str(found)


def test_the_line_is_the_recording_s(cells: Cells) -> None:
    talk = rtnb.replay(NOTEBOOKS / "data" / "ten_minutes.rtnb")
    read = [turn.usage.input_tokens for turn in talk.turns if turn.usage]
    assert len(read) == 44 and 300 < read[0] < 400 and 11_000 < read[-1] < 12_000
    falls = [number for number, (one, next_) in enumerate(itertools.pairwise(read), 2) if next_ < one]
    assert falls == [31]
    window, room, minute, full = numbers(said(cells, "per_minute ="))
    assert (window, room) == (32_000, 28_224) and full == pytest.approx(room / minute, abs=0.6)
    assert minute == pytest.approx(read[-1] / (talk.view().duration_s / 60), abs=1)


def test_who_forgets_and_who_does_not(cells: Cells) -> None:
    assert answer(cells, "everything = lesson") == answer(cells, "condensed = lesson") == "Your name is Sam."
    for source in ("dropped = lesson", "latest = lesson"):
        assert answer(cells, source) == "You have not told me your name yet."


def test_only_the_client_says_that_it_forgets(cells: Cells) -> None:
    assert "deleted" not in plain(cell(cells, "dropped = lesson"))
    assert "old turns (" in plain(cell(cells, "latest = lesson")) and "deleted" in plain(cell(cells, "latest = lesson"))
    assert "A summary took the place of" in plain(cell(cells, "condensed = lesson"))
    summary = said(cells, "condensed.items").split("\n\n", 1)[1]
    assert summary.startswith("Summary of the conversation") and "Sam" in summary


def test_the_tokens_are_cut_where_the_limit_is(cells: Cells) -> None:
    read = tokens_read(cells)
    assert set(read) == set(LESSONS) and all(len(row) == 8 for row in read.values())
    everything = read["everything"]
    assert everything == sorted(everything) and everything[4] < 600 < everything[5]
    assert all(row[:5] == everything[:5] for row in read.values())
    # Down to half of the limit; the policies of the client work behind the answer that passed it.
    assert read["truncated"][5] <= 300 + 20
    assert max(read["last turns"]) < 600
    # A summary is written beside the conversation: some answer from the sixth on is the first that profits, and the one
    # before it may have read both the summary and what it stands for.
    assert read["summarised"][7] < everything[7]


def test_what_was_read_is_what_the_bill_says(cells: Cells) -> None:
    read = tokens_read(cells)
    found = {line[:11].strip(): numbers(line[11:]) for line in said(cells, "in full and").splitlines() if line}
    assert set(found) == set(LESSONS)
    for name, (full, cached, _) in found.items():
        assert full + cached == sum(read[name])
    for name in LESSONS[1:]:
        full, cached, usd = found[name]
        assert full > found["everything"][0] and cached < found["everything"][1]
        assert usd > found["everything"][2], "forgetting costs, and the prose says so"


def test_much_at_once_pays_and_a_little_each_time_does_not(cells: Cells) -> None:
    text = data(cells, "pricing.what_if")["text/plain"]
    cost = {
        what: float(found[1])
        for what in ("drops the oldest items", "keeps 50 %", "summarised above", "as recorded")
        if (found := re.search(rf"^ ?{what}[^$]*\$([\d.]+)", text, flags=re.MULTILINE))
    }
    assert cost["summarised above"] < cost["as recorded"] and cost["keeps 50 %"] < cost["as recorded"]
    assert cost["drops the oldest items"] > 2 * cost["as recorded"]


def test_the_session_outlives_its_connection(cells: Cells) -> None:
    shown = cell(cells, "session_s=12")
    ends, then = (numbers(line)[-1] for line in said(cells, "session_s=12").splitlines() if line)
    assert 10 <= ends <= 12 and 5 < then <= 12 and "open" in said(cells, "session_s=12")
    text = plain(shown)
    assert "A new connection took over (the server's time limit): 2 items" in text
    assert answer(cells, "session_s=12") == "Your name is Sam."
    assert data(cells, "s.timeline")["image/png"]


def test_the_budget_refuses_before_it_is_passed(cells: Cells) -> None:
    lines = [line for line in said(cells, "budget_usd=0.04").splitlines() if line]
    assert lines[-1].startswith("BudgetError after")
    turns, spent = numbers(lines[-1])
    assert turns == len(lines) - 1 < 6
    assert sum(numbers(line)[0] for line in lines[:-1]) == pytest.approx(spent, abs=2e-4) and spent <= 0.04
    assert "are spent" in plain(cell(cells, "budget_usd=0.04"))


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_show_what_their_words_say() -> None:
    ran, solved = execute(NAME)
    first, second = said(solved, "more = lesson").splitlines()[:2]
    assert "not told me" in first and len(numbers(second)) == 8
    half_usd = numbers(said(ran, "in full and").splitlines()[1])[-1]
    assert numbers(first)[-1] > half_usd
    assert said(solved, "about_the_user").startswith("Your name is Sam.")
    by_hand = said(solved, "s.handover()")
    assert "Your name is Sam." in by_hand and len(by_hand.splitlines()) == 4
