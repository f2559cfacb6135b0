"""``rtnb doctor`` in a fresh environment without extras: it runs, and names what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]


def test_without_extras(tmp_path: Path) -> None:
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT)]
    if subprocess.run(install, check=False).returncode:
        pytest.skip("the environment cannot be made here")
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "JUPYTER_PATH")}
    command = [environment / "bin" / "rtnb", "doctor", "--offline", "--json"]
    done = subprocess.run(command, env=clean, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    rows: dict[str, list[dict[str, str]]] = {}
    for row in found["findings"]:
        rows.setdefault(row["check"], []).append(row)
    problems = [row for row in found["findings"] if row["verdict"] == "problem"]
    assert done.returncode == 0 and not problems, problems
    assert rows["rtnb"][0]["verdict"] == "note" and "rtnb[local]" in rows["rtnb"][0]["remedy"]
    assert rows["ipykernel"][0]["verdict"] == "note"
    assert rows["Jupyter server"][0]["verdict"] == "skipped"
    assert any("rtnb[local]" in row["remedy"] for row in rows["model files"])
    assert rows["loading"][0]["verdict"] == "note"
    assert rows["typed turn"][0]["verdict"] == "ok"
    assert rows["spoken turn"][0]["verdict"] == rows["spoken sentence"][0]["verdict"] == "skipped"
