"""The site, built once, and read by whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.require import require_module

ROOT = Path(__file__).parents[2]

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
sys.path.insert(0, str(ROOT / "tools"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that RTNB_SITE names, as ``make docs`` has just built it, or one of these tests' own."""
    require_module("sphinx")
    require_module("myst_nb")
    if named := os.environ.get("RTNB_SITE"):
        return Path(named).resolve()
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-E", "-d", str(folder / "read")]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return folder / "html"
