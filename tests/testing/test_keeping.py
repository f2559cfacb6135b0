"""Names of folders, and texts without their middle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.testing.keeping import folder_name, folder_problem, shortened


@given(st.text(max_size=300), st.text(max_size=300))
def test_each_test_has_a_folder_of_its_own(one: str, other: str) -> None:
    assert (folder_name(one) == folder_name(other)) == (one == other)
    assert len(os.fsencode(folder_name(one))) <= 255 and "/" not in folder_name(one)


@given(st.text(max_size=200), st.integers(2, 100))
def test_head_and_tail_stay(text: str, most: int) -> None:
    short = shortened(text, most)
    if len(text) <= most:
        assert short == text
    else:
        head, tail = text[: most // 2], text[-(most // 2) :]
        assert short == f"{head}\n[... {len(text) - 2 * (most // 2)} characters ...]\n{tail}"


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert folder_problem(tmp_path / "a" / "b") is None
    assert list((tmp_path / "a" / "b").iterdir()) == []
    assert folder_problem(tmp_path / "file") == "it is a file"
    assert folder_problem(tmp_path / "file" / "x") == "Not a directory"
    assert "null" in str(folder_problem("a\0b"))
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc")
    assert folder_problem("/proc/x") == "No such file or directory"
