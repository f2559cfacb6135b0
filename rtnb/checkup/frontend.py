"""Widgets have two halves: packages of the kernel, and extensions of the Jupyter server; they have to agree."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from rtnb.checkup.known import at_least, known, major, numbers
from rtnb.checkup.report import Finding
from rtnb.checkup.versions import short, version_of

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
    in_kernel = "ipykernel.kernelapp" in sys.modules
    server = _parent() if in_kernel else _own()
    return FrontEnd(version_of("ipywidgets"), version_of("anywidget"), in_kernel, server)


def _own() -> Server | None:
    """The server that would run from here."""
    lab = version_of("jupyterlab")
    if lab is None:
        return None
    from jupyter_core.paths import jupyter_path

    return _server(sys.prefix, "environment", lab, jupyter_path("labextensions"))


ASKED: Final = """
import json, sys
from importlib import metadata
from jupyter_core.paths import jupyter_path
try:
    lab = metadata.version("jupyterlab")
except metadata.PackageNotFoundError:
    lab = None
print(json.dumps([sys.prefix, lab, jupyter_path("labextensions")]))
"""

_PYTHON = re.compile(r"(python|pypy)w?[\d.]*t?(\.exe)?", re.IGNORECASE)


def _parent() -> Server | None:
    """The server that started this kernel: it says so in an environment variable.

    Where a server looks for extensions depends on the system, its environment and its variables: its own Python is
    asked, with its own variables.
    """
    said = os.environ.get("JPY_PARENT_PID", "")
    if not said.isdigit():
        return None
    try:
        # ipykernel brings it.
        process = importlib.import_module("psutil").Process(int(said))
        python, environment = _python_of(process.cmdline(), process.exe()), process.environ()
        if python is None:
            return None
        done = subprocess.run([python, "-c", ASKED], env=environment, cwd=Path(python).parent, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=15, check=True)  # fmt: skip
        prefix, lab, places = json.loads(done.stdout)
        return _server(prefix, "parent", lab, places)
    except Exception:  # another user's process, another machine's, one that has ended, one without Jupyter
        return None


def _python_of(command: Sequence[str], executable: str) -> str | None:
    """A process's Python as it was called: the link of a virtual environment leads out of it."""
    called = Path(command[0]) if command else Path(executable)
    if not called.is_absolute():
        # "python" of some folder of the search path; it is not known which one.
        return None
    return str(called) if _PYTHON.fullmatch(called.name) else None


def _server(prefix: str, known_by: Literal["parent", "environment"], lab: str | None, places: Sequence[str]) -> Server:
    # Jupyter's own lists may hold an empty entry, which would be the working directory.
    folders = [Path(place) for place in places if Path(place).is_absolute()]
    return Server(short(prefix), known_by, lab, _extension(folders, MANAGER), _extension(folders, "anywidget"))


def _extension(folders: list[Path], name: str) -> str | None:
    for folder in folders:
        try:
            written = json.loads((folder / name / "package.json").read_text("utf-8"))
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
    if facts.server.jupyterlab is None:
        # A program that runs notebooks, Voila, a hub's or an editor's own server: their pages have other ways.
        told = (
            f"{facts.server.where} started this kernel and has no JupyterLab: the live check tells whether views work"
        )
        return [*found, Finding("Jupyter server", "note", told)]
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
