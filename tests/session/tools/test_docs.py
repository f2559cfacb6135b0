"""Docstrings, taken apart."""

from __future__ import annotations

import pytest

from rtnb.session.tools.docs import documented


@pytest.mark.parametrize("text", [None, "", "   \n "])
def test_nothing_said(text: str | None) -> None:
    assert documented(text) == documented(None) and documented(text).description == ""


def test_stated_types_are_kept() -> None:
    found = documented("Do.\n\nParameters\n----------\na, b : int\n    Both.\n*rest : str\n    More.")
    assert found.types == {"a": "int", "b": "int", "rest": "str"}
    assert found.parameters == {"a": "Both.", "b": "Both.", "rest": "More."}


def test_text_without_sections_is_description() -> None:
    assert documented("Say: hello.\n\nThen go on.").description == "Say: hello.\n\nThen go on."
