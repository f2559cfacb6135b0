"""Pythons of other versions on this machine, for environments of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

__all__ = ["find_python"]


def find_python(version: str) -> Path | None:
    """The interpreter of a version such as ``"3.12"``: on PATH, or one that pyenv or uv keeps; None without one."""
    return next((path for path in _candidates(version) if _is(path, version)), None)


def _candidates(version: str) -> Iterator[Path]:
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from sorted(kept.glob(f"{version}.*/bin/python{version}"), reverse=True)
    if uv := shutil.which("uv"):
        asked = subprocess.run([uv, "python", "find", "--offline", version], capture_output=True, text=True)
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())


def _is(path: Path, version: str) -> bool:
    """Whether it runs, and has what environments are made with: a shim may stand for a version that is not set up."""
    program = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run([path, "-c", program], capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return asked.returncode == 0 and asked.stdout.strip() == version
