"""The kernel that runs, what patches its loop, and the kernelspecs that start kernels."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtnb.checkup.known import at_least, known
from rtnb.checkup.report import Finding
from rtnb.checkup.versions import short, version_of

__all__ = ["Kernel", "Spec", "judge_kernel", "judge_specs", "kernel", "specs"]


@dataclass(frozen=True, slots=True)
class Kernel:
    """The ipykernel of this environment, and the one that runs this process, if it is a kernel."""

    version: str | None
    running: bool
    """Whether this process is a kernel."""
    executable: str
    shell_python: str | None
    """Where ``python`` of a shell command in a cell is, when that is another environment's."""
    nest_asyncio: str | None
    """The version of nest-asyncio that is installed."""
    patched_by: str | None
    """``nest_asyncio`` or ``nest_asyncio2`` where it is applied to this process."""


def kernel() -> Kernel:
    """Look."""
    patched = None
    if hasattr(asyncio, "_nest_patched"):
        patched = "nest_asyncio2" if hasattr(asyncio, "_nest_asyncio2") else "nest_asyncio"
    found = shutil.which("python") or shutil.which("python3")
    foreign = found is not None and not same_environment(found, sys.prefix)
    return Kernel(
        version=version_of("ipykernel"),
        running="ipykernel.kernelapp" in sys.modules,
        executable=short(sys.executable),
        shell_python=short(found) if foreign and found else None,
        nest_asyncio=version_of("nest-asyncio"),
        patched_by=patched,
    )


def same_environment(python: str | Path, prefix: str | Path) -> bool:
    """Whether an interpreter belongs to the environment at `prefix`.

    The links of virtual environments lead to one and the same file, so it is the folder that tells.
    """
    place = Path(os.path.abspath(python)).parent  # noqa: PTH100 - resolve() would follow the link
    root = Path(prefix).resolve()
    return place.resolve() in (root, root / "bin", root / "Scripts")


def judge_kernel(facts: Kernel) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> [f.verdict for f in judge_kernel(Kernel("7.4.0", True, "~/env/bin/python", None, None, None))]
    ['ok', 'ok']
    """
    rules = known()["ipykernel"]
    if facts.version is None:
        return [Finding("ipykernel", "note", "not installed: rtnb works in scripts, not in notebooks",
                        'pip install "rtnb[lab]"')]  # fmt: skip
    if not at_least(facts.version, rules["least"]):
        found = [Finding("ipykernel", "note", f"{facts.version}; rtnb is tested from {rules['least']} on",
                         f"pip install 'ipykernel>={rules['subshells']}', and restart the kernel")]  # fmt: skip
    elif not at_least(facts.version, rules["subshells"]):
        found = [Finding("ipykernel", "note",
                         f"{facts.version}, without subshells: clicks and the microphone wait while a cell runs",
                         f"pip install 'ipykernel>={rules['subshells']}', and restart the kernel")]  # fmt: skip
    elif not at_least(facts.version, rules["threads_print"]):
        found = [Finding("ipykernel", "note", f"{facts.version}: print() in a thread may never return (ipykernel#1269)",
                         f"pip install 'ipykernel>={rules['threads_print']}', and restart the kernel")]  # fmt: skip
    else:
        found = [Finding("ipykernel", "ok", f"{facts.version}, with subshells: views answer while a cell runs")]
    found += _patches(facts)
    if facts.running:
        found.append(_python_of_kernel(facts))
    return found


def _python_of_kernel(facts: Kernel) -> Finding:
    if facts.shell_python is None:
        return Finding("kernel's Python", "ok", facts.executable)
    told = f"{facts.executable}, while shell commands in cells find {facts.shell_python}"
    return Finding("kernel's Python", "note", told, "Install with %pip install NAME in a cell; !pip goes elsewhere.")


def _patches(facts: Kernel) -> list[Finding]:
    rules = known()["ipykernel"]
    loses = facts.version is not None and at_least(facts.version, rules["nest_asyncio_loses_cells"])
    if facts.patched_by == "nest_asyncio" and facts.running and loses:
        told = f"nest_asyncio is applied, and on ipykernel {facts.version} it loses cells under Run All"
        return [Finding("nest-asyncio", "problem", told,
                        "Restart the kernel; use rtnb.allow_nested_asyncio(), or await in the cell.")]  # fmt: skip
    if facts.patched_by is not None:
        return [Finding("nest-asyncio", "ok", f"{facts.patched_by} is applied to this process")]
    if facts.nest_asyncio is not None and loses:
        told = f"{facts.nest_asyncio} is installed; nest_asyncio.apply() would lose cells on ipykernel {facts.version}"
        return [Finding("nest-asyncio", "note", told, "Where a snippet wants it, use rtnb.allow_nested_asyncio().")]
    return []


@dataclass(frozen=True, slots=True)
class Spec:
    """A kernelspec: a name in the launcher, and the Python that it starts."""

    name: str
    title: str
    python: str
    """The first word of its command."""
    exists: bool
    ours: bool
    """Whether it starts this environment's Python."""
    has_rtnb: bool | None = None
    """Whether that Python's environment has rtnb; None where that cannot be told."""


def specs() -> list[Spec] | None:
    """Look; None where Jupyter is not installed."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return None
    found = []
    for name, folder in sorted(KernelSpecManager().find_kernel_specs().items()):
        try:
            written = json.loads((Path(folder) / "kernel.json").read_text("utf-8"))
            command = [str(part) for part in written.get("argv") or ()]
        except (OSError, ValueError, AttributeError):
            continue
        if str(written.get("language", "")).lower() != "python" or not command:
            continue
        found.append(_spec(name, str(written.get("display_name", name)), command[0]))
    return found


def _spec(name: str, title: str, python: str) -> Spec:
    place = Path(python)
    if not place.is_absolute():
        # Jupyter starts "python" with the interpreter of the server itself.
        return Spec(name, title, python, True, True)
    ours = same_environment(place, sys.prefix)
    return Spec(name, title, short(python), place.exists(), ours, True if ours else _rtnb_beside(place))


def _rtnb_beside(python: Path) -> bool | None:
    """Whether rtnb is installed beside another Python; editable installations leave a dist-info too."""
    prefix = python.parent.parent
    places = [*prefix.glob("lib/python3*/site-packages"), *prefix.glob("Lib/site-packages")]
    if not places:
        return None
    return any(next(place.glob("rtnb-*.dist-info"), None) is not None for place in places)


def judge_specs(facts: Sequence[Spec] | None) -> list[Finding]:
    """What they mean.

    Examples
    --------
    >>> judge_specs([Spec("old", "Old", "~/gone/bin/python", False, False)])[-1].remedy
    'jupyter kernelspec remove old'
    """
    if facts is None:
        return [Finding("kernelspecs", "skipped", "Jupyter is not installed here")]
    found = []
    for spec in facts:
        if not spec.exists:
            found.append(Finding("kernelspecs", "problem", f"'{spec.title}' starts {spec.python}, which is not there",
                                 f"jupyter kernelspec remove {spec.name}"))  # fmt: skip
        elif not spec.ours and spec.has_rtnb is False:
            told = f"'{spec.title}' starts {spec.python}, an environment without rtnb"
            found.append(Finding("kernelspecs", "note", told,
                                 f"Choose another kernel, or: {spec.python} -m pip install rtnb"))  # fmt: skip
    ours = [spec for spec in facts if spec.ours]
    if ours:
        others = sum(not spec.ours for spec in facts)
        more = f", and {others} of other environments" if others else ""
        names = ", ".join(f"'{spec.title}'" for spec in ours)
        found.insert(0, Finding("kernelspecs", "ok", f"{names} starts this environment{more}"))
    elif facts:
        found.insert(0, Finding("kernelspecs", "note", "none starts this environment",
                                "python -m ipykernel install --user --name rtnb, and choose that kernel"))  # fmt: skip
    else:
        found.append(Finding("kernelspecs", "note", "there is none for Python", 'pip install "rtnb[lab]"'))
    return found
