"""The environments of the interop tests: made anew when their pins change, and honest when they cannot be made."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).parents[1] / "interop" / "environments.py"


@pytest.fixture
def environments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("interop_environments", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins" / "client.txt").write_text("client==1.0\n")
    monkeypatch.setattr(module, "REQUIREMENTS", tmp_path / "pins")
    monkeypatch.setattr(module, "ENVIRONMENTS", tmp_path / "made")
    return module


def test_only_what_changed_is_made_again(environments: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    made: list[str] = []

    def make(pins: Path, folder: Path) -> None:
        folder.mkdir()
        made.append(pins.read_text())

    monkeypatch.setattr(environments, "make_python", make)
    environments.main()
    environments.main()
    (tmp_path / "pins" / "client.txt").write_text("client==1.1\n")
    environments.main()
    assert made == ["client==1.0\n", "client==1.1\n"]


def test_a_reason_is_kept_and_it_is_tried_again(environments: ModuleType, monkeypatch: pytest.MonkeyPatch):
    tried: list[Path] = []

    def make(pins: Path, folder: Path) -> None:
        tried.append(folder)
        raise environments.NotMade("the registry does not answer")

    monkeypatch.setattr(environments, "make_python", make)
    assert environments.main() == environments.main() == 0
    assert len(tried) == 2
    assert (tried[0] / ".failed").read_text() == "the registry does not answer\n"
    assert not (tried[0] / ".ready").exists()


def test_a_missing_program_is_named(environments: ModuleType):
    with pytest.raises(environments.NotMade, match="no-such-program is not installed"):
        environments.run("no-such-program")


def test_every_pin_is_exact():
    for pins in (SOURCE.parent / "requirements").glob("*.txt"):
        lines = [line for line in pins.read_text().splitlines() if line and not line.startswith("#")]
        for line in lines:
            assert line.count("==") == 1 and " " not in line, f"{pins.name}: {line}"
