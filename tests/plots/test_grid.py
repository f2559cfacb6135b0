from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.grid import LEAST, Column, grid, safe, text_columns, wrap

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Mn", "Me"]), max_size=40)


@given(text=words, width=st.integers(2, 40))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(text_columns(line) <= width for line in lines)


def test_wide_characters_take_two_columns() -> None:
    assert text_columns("日本") == 4
    assert text_columns("e\u0301") == 1
    assert wrap("日本日本", 4) == ["日本", "日本"]


def test_a_terminal_is_not_told_what_to_do() -> None:
    assert safe("a\x1b[2J\nb\tc\u202ed") == "a\ufffd[2J b c\ufffdd"


@given(cells=st.lists(st.tuples(words, words), min_size=1, max_size=4), width=st.integers(40, 120))
def test_all_lines_are_aligned_and_fit(cells: list[tuple[str, str]], width: int) -> None:
    columns = [Column("#", right=True), Column("words", stretch=1), Column("n", right=True)]
    rows = [[[str(i)], [one], [str(len(two))]] for i, (one, two) in enumerate(cells)]
    lines = grid(columns, rows, width=width).splitlines()
    rule = next(line for line in lines if line.startswith("─"))
    assert len(rule) == width
    bars = [i for i, char in enumerate(rule) if char == "┼"]
    assert len(bars) == 2
    for line in lines:
        assert text_columns(line) <= width
        if not line.startswith("─") and text_columns(line) == len(line) and "│" not in "".join(map("".join, cells)):
            assert [i for i, char in enumerate(line) if char == "│"] == [i for i in bars if i < len(line)]


def test_words_get_their_least_even_where_there_is_no_room() -> None:
    table = grid([Column("a", stretch=1), Column("b")], [[["one two three four"], ["x" * 60]]], width=20)
    assert f" {'one two three':<{LEAST}} │" in table


def test_titles_break_where_they_are_wider_than_their_column() -> None:
    head = grid([Column("words", stretch=1), Column("time, cost")], [[["a"], ["1 s"]]], width=40).splitlines()[:2]
    assert [line.split("│")[1].strip() for line in head] == ["time,", "cost"]


def test_only_the_rows_that_are_asked_for_stand_under_a_rule() -> None:
    rows = [[["a"]], [["b"]], [["c"]]]
    assert grid([Column("x")], rows, width=20).count("─") == 3 * 3
    assert grid([Column("x")], rows, width=20, ruled={0, 2}).split("\n")[1:] == ["───", " a", " b", "───", " c"]


def test_titles_break_where_they_say_so() -> None:
    head = grid([Column("tokens\nin", right=True)], [[["12,345"]]], width=40).splitlines()[:2]
    assert head == [" tokens", "     in"]
