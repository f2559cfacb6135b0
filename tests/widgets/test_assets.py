"""Modules that are joined to one."""

from __future__ import annotations

from rtnb.widgets.assets import STATIC, microphone_esm, plain, vad_esm


def test_exports_are_taken_off_and_nothing_else() -> None:
    source = (STATIC / "sound.mjs").read_text(encoding="utf-8")
    assert "export" in source and "export " not in plain(source).replace("exported", "")
    assert plain(source).count("\n") == source.count("\n")


def test_one_module_has_one_export() -> None:
    esm = microphone_esm()
    assert esm.count("\nexport ") == 1 and esm.rstrip().endswith("export default { initialize, render };")
    assert "registerProcessor" in esm.splitlines()[0], "the audio thread's module travels as text"


def test_the_lab_is_one_module_too() -> None:
    esm = vad_esm()
    assert esm.count("\nexport ") == 1 and esm.rstrip().endswith("export default { initialize, render };")
