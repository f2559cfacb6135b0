"""The example of a voice agent tested in CI, as its reader runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.require import require_module

EXAMPLE = Path(__file__).parents[2] / "examples" / "ci_agent"


def test_example_passes():
    require_module("ctranslate2")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "OPENAI_", "RTNB_"))}
    alone = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *alone, "test_agent.py"],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=180,
        env={**clean, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-2000:]}"
    assert "4 passed" in done.stdout
