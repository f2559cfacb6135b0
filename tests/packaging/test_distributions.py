"""What is uploaded: the same bytes from the same sources with the builders that pyproject.toml pins, complete, nothing
of whoever builds it, and at work on every Python that it names."""

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

PLANTED = (
    ".env", "rtnb/.env", "notebooks/.env", "examples/.env.local", "notebooks/.ipynb_checkpoints/00-checkpoint.ipynb",
    "rtnb/.ipynb_checkpoints/secret.py", "notebooks/mine.ipynb", "notebooks/talk.rtnb", "notebooks/data/customers.csv",
)  # fmt: skip
"""What somebody's checkout may hold, and nobody else's copy should."""

VERSIONS = ("3.11", "3.12", "3.13")
LARGEST_WHEEL_BYTES = 20_000_000
LARGEST_TEXT = 200_000
TEXTS = {".css", ".ipynb", ".js", ".json", ".md", ".mjs", ".py", ".txt", ".yml"}
NAMELESS = {"LICENSE", "METADATA", "RECORD", "WHEEL", "py.typed"}
LIGHT = ("tests/test_layers.py", "tests/test_samples.py", "tests/cli/test_course.py")
"""Tests that need nothing but files."""


def run(*command: str | Path, folder: Path | None = None) -> str:
    """What it prints; its complaints are part of the failure."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def listed(*folders: str) -> list[str]:
    """What git tracks, as a clone has it; with RTNB_UNTRACKED=1 what is new as well, for work on it."""
    others = ("--others", "--exclude-standard") if os.environ.get("RTNB_UNTRACKED") == "1" else ()
    names = run("git", "ls-files", "--cached", *others, "--", *folders, folder=ROOT).splitlines()
    return [name for name in names if (ROOT / name).is_file()]


def tracked(target: Path) -> Path:
    """The checkout's files without what was built in it, and with what its owner may keep there."""
    for name in listed():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    for name in PLANTED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("OPENAI_API_KEY=planted\n", encoding="utf-8")
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
    assert not set(listed("rtnb")) - set(names)
    assert {f"rtnb/course/{name.removeprefix('notebooks/')}" for name in listed("notebooks")} == {
        name for name in names if name.startswith("rtnb/course/")
    }
    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES


def test_nothing_of_whoever_builds_it_is_in_it(built: Path, wheel: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(source) as archive:
        inside |= {each.name: archive.extractfile(each).read() for each in archive.getmembers() if each.isfile()}
    assert not [name for name, content in inside.items() if content == b"OPENAI_API_KEY=planted\n"]
    assert not [name for name in inside if re.search(r"/\.env|\.ipynb_checkpoints/", name)]


def noticed(text: str) -> set[str]:
    """Names of files between backticks: also ``x.flac``, ``.rttm`` for two files, and "to" for a range of numbers."""
    names: set[str] = set()
    for row in text.splitlines():
        found, last, joined = [], "", 0
        for match in re.finditer(r"`([^`\s]+)`", row):
            name = Path(match[1]).name
            if re.fullmatch(r"\.\w+", match[1]) and found:
                names |= {str(Path(each).with_suffix(match[1])) for each in found}
                continue
            between = row[joined : match.start()]
            first, end = re.fullmatch(r"(\D*)(\d+)(.*)", last), re.fullmatch(r"(\D*)(\d+)(.*)", name)
            if between.strip() == "to" and first and end:
                numbers = range(int(first[2]), int(end[2]) + 1)
                found = [f"{first[1]}{number:0{len(first[2])}}{first[3]}" for number in numbers]
            else:
                found = [name]
            names |= {*found}
            last, joined = name, match.end()
    return names


def test_a_notice_names_files_exactly() -> None:
    row = "| `a/talk.flac`, `.rttm` | `b/trn09.flac` to `trn11.flac`, `.rttm` | of `talks` |"
    numbered = {f"trn{number}{kind}" for number in ("09", "10", "11") for kind in (".flac", ".rttm")}
    assert noticed(row) == {"talk.flac", "talk.rttm", "talks"} | numbered


def test_every_recording_and_model_in_the_wheel_has_a_notice(wheel: Path) -> None:
    notices = noticed((ROOT / "NOTICES.md").read_text(encoding="utf-8"))
    with zipfile.ZipFile(wheel) as archive:
        files = [(Path(each.filename), each.file_size) for each in archive.infolist()]
    # Whatever is no text of ours, or is text of a size that nobody writes.
    carried = [
        path
        for path, size in files
        if (path.suffix not in TEXTS and path.name not in NAMELESS) or (size > LARGEST_TEXT and path.suffix != ".ipynb")
    ]
    assert len(carried) > 10
    assert {path.name for path in carried} <= notices


def test_the_source_distribution_can_be_tested_and_documented(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("pyproject.toml", "Makefile", "CHANGELOG.md", "CONTRIBUTING.md", "NOTICES.md", "LICENSE", ".ci/run")
    assert set(wanted) <= names
    for folder in ("rtnb", "tests", "tools", "docs", "notebooks", "examples", "benchmarks", "binder"):
        assert any(name.startswith(f"{folder}/") for name in names), folder
    assert not [name for name in names if ".venv" in name or "__pycache__" in name or name.startswith("artifacts")]


def test_the_source_distribution_tests_itself(built: Path, tmp_path: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    where = run(sys.executable, "-c", "import rtnb; print(rtnb.__file__)", folder=folder)
    assert Path(where.strip()).is_relative_to(folder)
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *LIGHT, folder=folder)
    assert re.search(r"\d{2,} passed", said)


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
    python = install(tmp_path / "venv" / "bin" / "python", f"{wheel}[{','.join((*OURS, 'course'))}]")
    try:
        assert "No broken requirements found" in run(python, "-m", "pip", "check")
        assert set(verdicts(python, tmp_path).values()) == {"there"}
        assert PROJECT["version"] in run(tmp_path / "venv" / "bin" / "rtnb", "--version")
        # The course as "rtnb lab" lays it out: the notebook that needs most of what lies beside it.
        run(
            python,
            "-c",
            "from pathlib import Path; from rtnb.cli.course import own_copy; own_copy(Path('mine'))",
            folder=tmp_path,
        )
        run(
            tmp_path / "venv" / "bin" / "jupyter-execute",
            "--timeout=240",
            "08_from_notebook_to_ci.ipynb",
            folder=tmp_path / "mine",
        )
    finally:
        shutil.rmtree(tmp_path / "venv")


def test_this_environment_agrees_with_itself() -> None:
    assert "No broken requirements found" in run(sys.executable, "-m", "pip", "check")


def test_every_python_it_names_is_tried() -> None:
    named = {each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)}
    assert named == set(VERSIONS)
    assert PROJECT["requires-python"] == f">={VERSIONS[0]}"
