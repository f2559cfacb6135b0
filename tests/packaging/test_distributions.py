"""What is uploaded: the same bytes wherever it is built, complete, and at work on every Python that it names."""

from __future__ import annotations

import email
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.require import require_python

pytestmark = pytest.mark.interop

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = Path(__file__).parent / "extras.py"
OURS = ("local", "base", "vad", "tokens", "mcp", "serve", "dask", "lab")
"""Extras that a user installs; the others are for work on rtnb itself."""

VERSIONS = ("3.11", "3.12", "3.13")
LARGEST_WHEEL_BYTES = 20_000_000


def run(*command: str | Path, folder: Path | None = None) -> str:
    """What it prints; its complaints are part of the failure."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def tracked(target: Path) -> Path:
    """The checkout's files without what was built in it."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT).splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tracked(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was made of it."""
    out = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--outdir", out, checkout)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_another_folder_on_another_day_gives_the_same_bytes(checkout: Path, built: Path, tmp_path: Path) -> None:
    elsewhere = Path(shutil.copytree(checkout, tmp_path / "elsewhere"))
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "again", elsewhere)
    assert digests(tmp_path / "again") == digests(built)
    # From the tree itself, without the detour over the source distribution.
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "direct", elsewhere)
    assert digests(tmp_path / "direct").items() <= digests(built).items()


def test_the_wheel_has_the_package_and_its_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"rtnb", f"rtnb-{PROJECT['version']}.dist-info"}
    assert "rtnb/py.typed" in names
    assert any(name.endswith("licenses/NOTICES.md") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    package = [path for path in (ROOT / "rtnb").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = {path.relative_to(ROOT).as_posix() for path in package} - set(names)
    assert not missing
    assert {f"rtnb/course/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} <= set(names)
    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES


def test_every_recording_and_model_in_the_wheel_has_a_notice(wheel: Path) -> None:
    notices = (ROOT / "NOTICES.md").read_text(encoding="utf-8")
    with zipfile.ZipFile(wheel) as archive:
        carried = [Path(name) for name in archive.namelist() if name.endswith((".flac", ".wav", ".onnx", ".rtnb"))]
    assert carried
    for path in carried:
        stem = re.sub(r"\d+$", "", path.stem)
        assert path.name in notices or stem in notices, path


def test_the_source_distribution_can_be_tested_and_documented(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("pyproject.toml", "Makefile", "CHANGELOG.md", "CONTRIBUTING.md", "NOTICES.md", "LICENSE", ".ci/run")
    assert set(wanted) <= names
    for folder in ("rtnb", "tests", "tools", "docs", "notebooks", "examples", "benchmarks", "binder"):
        assert any(name.startswith(f"{folder}/") for name in names), folder
    assert not [name for name in names if ".venv" in name or "__pycache__" in name or name.startswith("artifacts")]


def test_the_page_of_the_package_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        told = email.message_from_string(archive.read(name).decode())
    assert told["License-Expression"] == "BSD-3-Clause"
    assert {*told.get_all("Provides-Extra")} == {*PROJECT["optional-dependencies"]}
    page = told.get_payload()
    links = re.findall(r"\]\(([^)\s]+)\)", page) + re.findall(r'(?:src|srcset|href)="([^"]+)"', page)
    assert links and not [link for link in links if not link.startswith(("https://", "#"))]


@pytest.fixture(params=VERSIONS)
def clean(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> Iterator[Path]:
    """An environment of each Python with rtnb alone."""
    python = require_python(request.param)
    run(python, "-m", "venv", tmp_path / "venv")
    yield install(tmp_path / "venv" / "bin" / "python", str(wheel))
    shutil.rmtree(tmp_path / "venv")


def install(python: Path, what: str) -> Path:
    run(python, "-m", "pip", "install", "--quiet", what)
    return python


def verdicts(python: Path, folder: Path) -> dict[str, str]:
    return dict(json.loads(run(python, EXTRAS, folder=folder).splitlines()[-1]))


def test_it_installs_alone_and_says_which_extra_is_missing(clean: Path, tmp_path: Path) -> None:
    assert "No broken requirements found" in run(clean, "-m", "pip", "check")
    told = verdicts(clean, tmp_path)
    assert set(told) == set(OURS)
    for extra, verdict in told.items():
        assert f"rtnb[{extra}]" in verdict, (extra, verdict)


def test_with_all_extras_everything_is_there(wheel: Path, tmp_path: Path) -> None:
    python = require_python(VERSIONS[-1])
    run(python, "-m", "venv", tmp_path / "venv")
    python = install(tmp_path / "venv" / "bin" / "python", f"{wheel}[{','.join(OURS)}]")
    try:
        assert "No broken requirements found" in run(python, "-m", "pip", "check")
        assert set(verdicts(python, tmp_path).values()) == {"there"}
        assert PROJECT["version"] in run(tmp_path / "venv" / "bin" / "rtnb", "--version")
    finally:
        shutil.rmtree(tmp_path / "venv")


def test_this_environment_agrees_with_itself() -> None:
    assert "No broken requirements found" in run(sys.executable, "-m", "pip", "check")


def test_every_python_it_names_is_tried() -> None:
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)}
    assert named == set(VERSIONS)
    assert PROJECT["requires-python"] == f">={VERSIONS[0]}"
