"""Modules that are joined to one."""

from __future__ import annotations

import pytest

from rtnb.widgets.assets import KINDS, MICROPHONE, STATIC, plain
from rtnb.widgets.frame.page import PageKind


def test_exports_are_taken_off_and_nothing_else() -> None:
    source = (STATIC / "sound.mjs").read_text(encoding="utf-8")
    assert "export" in source and "export " not in plain(source).replace("exported", "")
    assert plain(source).count("\n") == source.count("\n")


def test_one_module_has_one_export() -> None:
    esm = MICROPHONE.esm()
    assert esm.count("\nexport ") == 1 and esm.rstrip().endswith("export default { initialize, render };")
    (worklet,) = (line for line in esm.splitlines() if line.startswith("const WORKLET = "))
    assert "registerProcessor" in worklet, "the audio thread's module travels as text"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_view_is_one_module(kind: PageKind) -> None:
    esm = kind.esm()
    assert esm.count("\nexport ") == 1 and esm.rstrip().endswith("export default { initialize, render };")
