from __future__ import annotations

from support.markup import assert_harmless

from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.stills.plain_table import plain_table


def test_words_are_words_and_long_ones_are_cut() -> None:
    rows = (("1 s", "<script>"), ("2 s", Cell("x" * 900, "note")))
    sheet = Sheet((Head("at"), Head("what", words=True)), rows, caption="… 3 more")
    reader = assert_harmless(plain_table(sheet, folded="<events>"))
    assert "<events>" in reader.text()
    assert "<script>" in reader.text()
    assert "x" * 299 + "…" in reader.text()
    assert "… 3 more" in reader.text()
    assert [cell.get("style") for cell in reader.all("td")][:2] == [None, "text-align:left"]
