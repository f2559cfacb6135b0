"""The examples of voice agents tested in CI, as their readers run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.require import require_module

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(("example", "tests"), [("ci_agent", 4), ("voice_agent_ci", 3)])
def test_example_passes(example, tests):
    require_module("ctranslate2")
    require_module("mcp")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "OPENAI_", "RTNB_"))}
    alone = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *alone, "test_agent.py"],
        cwd=EXAMPLES / example,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=180,
        env={**clean, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-2000:]}"
    assert f"{tests} passed" in done.stdout
