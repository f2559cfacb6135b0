"""What a clone brings to Binder: pins that are complete, scripts that run, settings that JupyterLab knows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = ("local", "vad", "lab", "mcp")


def pins() -> dict[str, str]:
    text = (BINDER / "requirements.txt").read_text("utf-8")
    rows = re.findall(r"^(\S+)==(\S+) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, flags=re.MULTILINE)
    # Nothing without a version or a hash, and no address of an index.
    assert len(rows) == len(re.findall(r"^[^ #\n]", text, flags=re.MULTILINE))
    return {canonicalize_name(name): version for name, version, _ in rows}


def wanted() -> dict[str, Requirement]:
    """The requirements of rtnb with the extras of the course."""
    lines = list(PROJECT["dependencies"])
    asked = list(EXTRAS)
    while asked:
        for line in PROJECT["optional-dependencies"][asked.pop()]:
            if line.startswith("rtnb["):
                asked += re.findall(r"[a-z]+", line.partition("[")[2])
            else:
                lines.append(line)
    return {line: Requirement(line) for line in lines}


@pytest.mark.parametrize("line", wanted())
def test_a_requirement_is_pinned_within_its_bounds(line: str) -> None:
    requirement, pinned = wanted()[line], pins()
    name = canonicalize_name(requirement.name)
    assert name in pinned, "make pin"
    assert requirement.specifier.contains(pinned[name]), "make pin"


def test_what_is_asked_for_besides_is_pinned() -> None:
    for line in (BINDER / "requirements.in").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_what_builds_rtnb_is_pinned_as_the_project_pins_it() -> None:
    lines = (BINDER / "requirements.in").read_text("utf-8").splitlines()
    asked = PYPROJECT["build-system"]["requires"]
    assert asked and set(asked) <= set(lines)
    assert all("==" in line for line in asked)
    assert "editables" in pins()


def test_nothing_comes_from_a_network_once_the_pins_are_there() -> None:
    lines = [line for line in (BINDER / "postBuild").read_text("utf-8").splitlines() if "pip install" in line]
    assert lines and all({"--no-index", "--no-build-isolation", "--no-deps"} <= set(line.split()) for line in lines)


def test_python_is_explicit_and_fits() -> None:
    version = (BINDER / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    assert re.fullmatch(r"3\.\d+", version)
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{version}.0")


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_run(name: str) -> None:
    script = BINDER / name
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script]).returncode == 0


def test_nothing_needs_a_system_package() -> None:
    assert not (BINDER / "apt.txt").exists()


def test_settings_name_what_jupyterlab_has() -> None:
    jupyterlab = pytest.importorskip("jupyterlab")
    schemas = Path(jupyterlab.__file__).parent / "schemas"
    if not schemas.exists():
        from jupyterlab.commands import get_app_dir

        schemas = Path(get_app_dir()) / "schemas"
    for name, values in json.loads((BINDER / "overrides.json").read_text("utf-8")).items():
        extension, _, plugin = name.partition(":")
        known = json.loads((schemas / extension / f"{plugin}.json").read_text("utf-8"))["properties"]
        assert set(values) <= set(known)
