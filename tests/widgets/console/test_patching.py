"""Patches: whoever applies them has what there is."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rtnb.widgets.console.patching import Told, altered, members_changed, utf16

TEXT = st.text(max_size=12)


@given(TEXT, TEXT)
def test_a_tail_put_behind_what_there_was_is_the_text(before: str, more: str) -> None:
    found = altered({"text": before}, {"text": before + more})
    if not more:
        assert found == {}
    elif before:
        tail = found["tail"]["text"]
        kept = before.encode("utf-16-le", "surrogatepass")[: 2 * tail["at"]].decode("utf-16-le", "surrogatepass")
        assert kept + tail["text"] == before + more
        assert utf16(before) == tail["at"]
    else:
        assert found == {"set": {"text": more}}


IDS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(st.lists(st.tuples(IDS, st.dictionaries(st.sampled_from("abcdefgh"), TEXT, max_size=8)), max_size=6))
def test_patches_one_after_the_other_give_the_rows(steps: list[tuple[list[str], dict[str, str]]]) -> None:
    told, page = Told(), list[dict[str, Any]]()
    texts: dict[str, str] = {}
    for step, (ids, new) in enumerate(steps):
        # Rows come and go and never change places, as in a conversation.
        order = sorted(ids)
        texts |= new
        rows = {each: {"id": each, "text": texts.get(each, ""), "step": step} for each in order}
        patch = told.rows(order, rows)
        page = [row for row in page if row["id"] not in patch.get("gone", ())]
        for added in patch.get("add", ()):
            known = [row["id"] for row in page]
            page.insert(known.index(added["after"]) + 1 if added["after"] else 0, dict(added["row"]))
        for change in patch.get("change", ()):
            row = next(row for row in page if row["id"] == change["id"])
            row.update(change.get("set", {}))
            for name, tail in change.get("tail", {}).items():
                row[name] += tail["text"]
        assert page == [rows[each] for each in order]
        assert told.rows(order, rows) == {}


def test_what_only_passes_is_no_reason_to_say_something() -> None:
    told = Told()
    assert told.part("status", {"a": 1, "now": 1.0}, passing={"now"}) == {"status": {"a": 1, "now": 1.0}}
    assert told.part("status", {"a": 1, "now": 2.0}, passing={"now"}) == {}
    assert told.part("status", {"a": 2, "now": 3.0}, passing={"now"}) == {"status": {"a": 2, "now": 3.0}}
    assert told.part("mic", {"page": "", "gone": False}, whole=True) == {"mic": {"page": "", "gone": False}}
    assert told.part("mic", {"page": "e", "gone": False}, whole=True) == {"mic": {"page": "e", "gone": False}}
    assert members_changed({}, {"x": None}) == {"x": None}
