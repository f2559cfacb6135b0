"""Widgets have two halves: packages of the kernel, and extensions of the Jupyter server; they have to agree."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rtnb.checkup.known import at_least, known, major, numbers
from rtnb.checkup.report import Finding
from rtnb.checkup.versions import short

__all__ = ["FrontEnd", "Server", "front_end", "judge_front_end"]

MANAGER = "@jupyter-widgets/jupyterlab-manager"


@dataclass(frozen=True, slots=True)
class Server:
    """The Jupyter server that shows the notebook.

    Parameters
    ----------
    where : str
        Its environment, short.
    known_by : {"parent", "environment"}
        It started this kernel; or it is the one that would run from this environment.
    jupyterlab, manager, anywidget : str or None
        Versions of JupyterLab, and of the extensions that show widgets in its pages.
    """

    where: str
    known_by: Literal["parent", "environment"]
    jupyterlab: str | None
    manager: str | None
    anywidget: str | None


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Both halves."""

    ipywidgets: str | None
    anywidget: str | None
    in_kernel: bool
    server: Server | None
    """None where it cannot be found: a remote kernel, or no JupyterLab here."""


def front_end() -> FrontEnd:
    """Look."""
    from importlib import metadata

    def version(name: str) -> str | None:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None

    in_kernel = "ipykernel.kernelapp" in sys.modules
    return FrontEnd(
        version("ipywidgets"), version("anywidget"), in_kernel, _parent() if in_kernel else _own(version("jupyterlab"))
    )


def _own(jupyterlab: str | None) -> Server | None:
    if jupyterlab is None and importlib.util.find_spec("notebook") is None:
        return None
    return _server(Path(sys.prefix), "environment", jupyterlab)


def _parent() -> Server | None:
    """The server that started this kernel: it says so in an environment variable."""
    said = os.environ.get("JPY_PARENT_PID", "")
    if not said.isdigit():
        return None
    prefix = _prefix_of(int(said))
    if prefix is None:
        return None
    lab = next((path.name.split("-")[1] for path in _dist_infos(prefix, "jupyterlab")), None)
    return _server(prefix, "parent", lab)


def _prefix_of(pid: int) -> Path | None:
    """The environment of a running Python."""
    try:
        # ipykernel brings it.
        process = importlib.import_module("psutil").Process(pid)
        command, executable = process.cmdline(), process.exe()
    except Exception:  # another user's process, another machine's, one that has ended
        return None
    # As it was called: the link of a virtual environment leads out of it.
    called = Path(command[0]) if command and Path(command[0]).is_absolute() else Path(executable)
    if called.parent.name not in ("bin", "Scripts"):
        called = Path(executable)
    prefix = called.parent.parent if called.parent.name in ("bin", "Scripts") else called.parent
    return prefix if next(_sites(prefix), None) is not None else None


def _sites(prefix: Path) -> Iterator[Path]:
    yield from prefix.glob("lib/python3*/site-packages")
    yield from prefix.glob("lib/python3*/dist-packages")
    yield from prefix.glob("Lib/site-packages")


def _dist_infos(prefix: Path, name: str) -> Iterator[Path]:
    for site in _sites(prefix):
        for path in site.glob(f"{name}-*.dist-info"):
            yield path.with_name(path.name.removesuffix(".dist-info"))


def _server(prefix: Path, known_by: Literal["parent", "environment"], lab: str | None) -> Server:
    places = [prefix / "share" / "jupyter", *map(Path, os.environ.get("JUPYTER_PATH", "").split(os.pathsep))]
    places += [
        Path.home() / ".local" / "share" / "jupyter",
        Path("/usr/local/share/jupyter"),
        Path("/usr/share/jupyter"),
    ]
    return Server(short(prefix), known_by, lab, _extension(places, MANAGER), _extension(places, "anywidget"))


def _extension(places: list[Path], name: str) -> str | None:
    for place in places:
        try:
            written = json.loads((place / "labextensions" / name / "package.json").read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(written, dict) and isinstance(written.get("version"), str):
            return str(written["version"])
    return None


def judge_front_end(facts: FrontEnd) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> lab = Server("~/lab", "parent", "4.6.6", "5.0.16", None)
    >>> [f.found for f in judge_front_end(FrontEnd("8.1.9", "0.11.0", True, lab)) if f.verdict == "problem"]
    ['the server in ~/lab has no anywidget extension: views are lines of text']
    """
    found = []
    for name, version in (("ipywidgets", facts.ipywidgets), ("anywidget", facts.anywidget)):
        if version is None:
            found.append(Finding(name, "problem", "not installed in this environment", f"pip install {name}"))
        else:
            found.append(Finding(name, "ok", version))
    if facts.server is None:
        told = (
            "the Jupyter server cannot be seen from here; the live check below tells whether views work"
            if facts.in_kernel
            else "JupyterLab is not installed here"
        )
        if facts.in_kernel:
            return [*found, Finding("Jupyter server", "note", told)]
        return [*found, Finding("Jupyter server", "skipped", told, 'Notebooks with views: pip install "rtnb[lab]"')]
    return [*found, *_halves(facts, facts.server)]


def _halves(facts: FrontEnd, server: Server) -> list[Finding]:
    found = []
    where = f"the server in {server.where}"
    there = "in the server's environment, then restart the server and reload the page"
    if facts.ipywidgets is not None:
        family = major(facts.ipywidgets)
        wanted = known()["widgets"]["manager_of"].get(family)
        package = known()["widgets"]["jupyterlab_widgets_of"].get(family)
        install = f'pip install "jupyterlab_widgets=={package}.*" {there}'
        if server.manager is None:
            found.append(Finding("widget manager", "problem", f"{where} has none: widgets are lines of text", install))
        elif wanted is not None and major(server.manager) != wanted:
            told = f"{where} has {server.manager}, for another ipywidgets than {facts.ipywidgets} of the kernel"
            found.append(Finding("widget manager", "problem", told, install))
        else:
            found.append(Finding("widget manager", "ok", f"{server.manager} in {where}"))
    if facts.anywidget is not None:
        install = f'pip install "anywidget=={_series(facts.anywidget)}.*" {there}'
        if server.anywidget is None:
            told = f"{where} has no anywidget extension: views are lines of text"
            found.append(Finding("anywidget in pages", "problem", told, install))
        elif _series(server.anywidget) != _series(facts.anywidget):
            told = f"{where} has {server.anywidget}, the kernel {facts.anywidget}: pages refuse the views"
            found.append(Finding("anywidget in pages", "problem", told, install))
        else:
            found.append(Finding("anywidget in pages", "ok", f"{server.anywidget}, as the kernel's"))
    least = known()["jupyterlab"]["comms_over_subshells"]
    if server.jupyterlab is not None and numbers(server.jupyterlab):
        if at_least(server.jupyterlab, least):
            found.append(Finding("JupyterLab", "ok", server.jupyterlab))
        else:
            told = f"{server.jupyterlab}: views wait while a cell runs, as they do before {least}"
            found.append(Finding("JupyterLab", "note", told, f'pip install "jupyterlab>={least}" {there}'))
    return found


def _series(version: str) -> str:
    """What anywidget compares: the first two numbers (``~0.11.*``).

    Source: ``get_semver_version`` in anywidget/_version.py.
    """
    match = re.match(r"\d+\.\d+", version)
    return match[0] if match else version
