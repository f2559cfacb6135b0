"""Objects by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtnb._plugins import by_path, entry_names, from_entry_point, is_path
from rtnb.errors import ConfigError

GROUP = "rtnb.recognizers"


def distribution(folder: Path, name: str, **entries: str) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n" + "".join(f"{k} = {v}\n" for k, v in entries.items()))


def test_entry_points_are_named_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "rtnb-one", shout="textwrap:dedent", lost="textwrap:nothing")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert {"lost", "shout"} <= set(entry_names(GROUP))
    assert from_entry_point(GROUP, "shout", what="recogniser").__name__ == "dedent"
    with pytest.raises(ConfigError, match="No installed package brings a recogniser called 'whisper'"):
        from_entry_point(GROUP, "whisper", what="recogniser")
    with pytest.raises(ConfigError, match="'lost' of rtnb-one cannot be imported: AttributeError"):
        from_entry_point(GROUP, "lost", what="recogniser")


def test_two_packages_with_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path / "a", "rtnb-one", shout="textwrap:dedent", same="textwrap:fill")
    distribution(tmp_path / "b", "rtnb-two", shout="textwrap:indent", same="textwrap:fill")
    monkeypatch.syspath_prepend(str(tmp_path / "a"))
    monkeypatch.syspath_prepend(str(tmp_path / "b"))
    with pytest.raises(ConfigError, match="rtnb-one and rtnb-two both bring a recogniser called 'shout'"):
        from_entry_point(GROUP, "shout", what="recogniser")
    assert from_entry_point(GROUP, "same", what="recogniser").__name__ == "fill"


@pytest.mark.parametrize("spec", ["whisper-base", "file.py:", ":load", ":", " : "])
def test_what_is_no_path(spec: str) -> None:
    assert not is_path(spec)
    with pytest.raises(ConfigError, match=r"write module:name or file\.py:name"):
        by_path(spec, what="voice")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def load(:", r"cannot be imported \(line 1\): SyntaxError"),
        ("raise OSError('no\\ndisk')", "cannot be imported: OSError: no disk"),
        ("import rtnb_no_such_thing", "ModuleNotFoundError"),
        ("class Other: ...", "has no 'load'; it has Other"),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ConfigError, match=told):
        by_path(f"{tmp_path / 'mine.py'}:load", what="voice")


def test_a_name_within_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rtnb_test_mine.py").write_text("class Mine:\n    def load(): ...\n")
    monkeypatch.chdir(tmp_path)
    assert by_path("rtnb_test_mine:Mine.load", what="voice").__name__ == "load"


@pytest.mark.parametrize("line", ["import sys; sys.exit(4)", "raise GeneratorExit(4)"])
def test_a_module_that_wants_to_end_the_process(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"rtnb_test_leaving_{len(line)}"
    (tmp_path / f"{name}.py").write_text(line)
    distribution(tmp_path, "rtnb-leaving", leaving=f"{name}:load")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    told = r"cannot be imported: (SystemExit|GeneratorExit): 4"
    with pytest.raises(ConfigError, match=told):
        by_path(f"{name}.py:load", what="voice")
    with pytest.raises(ConfigError, match=told):
        by_path(f"{name}:load", what="voice")
    with pytest.raises(ConfigError, match=told):
        from_entry_point(GROUP, "leaving", what="recogniser")


def test_an_interrupt_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rtnb_test_slow.py").write_text("raise KeyboardInterrupt")
    monkeypatch.chdir(tmp_path)
    for where in ("rtnb_test_slow.py", "rtnb_test_slow"):
        with pytest.raises(KeyboardInterrupt):
            by_path(f"{where}:load", what="voice")
