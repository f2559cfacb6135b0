"""The pages' pure functions, run by node where it is there; and what the modules may not do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from support.require import require_command

from rtnb.widgets.assets import KINDS, MICROPHONE, STATIC, VAD_LAB

TESTS = Path(__file__).parents[1] / "js"


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.test.mjs")), ids=lambda path: path.name)
def test_pure_functions(path: Path) -> None:
    node = require_command("node")
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_joined_modules_are_modules(tmp_path: Path) -> None:
    node = require_command("node")
    esm = MICROPHONE.esm()
    worklet = re.search(r'^const WORKLET = (".*");\n', esm, re.MULTILINE)
    assert worklet is not None
    program = """
        import vm from "node:vm";
        import fs from "node:fs";
        for (const source of JSON.parse(fs.readFileSync(0, "utf8"))) new vm.SourceTextModule(source);
    """
    import json

    sources = json.dumps([json.loads(worklet[1]), *(kind.esm() for kind in KINDS)])
    command = [node, "--experimental-vm-modules", "--no-warnings", "--input-type=module", "-e", program]
    done = subprocess.run(command, input=sources, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]


def test_nothing_is_fetched_from_anywhere() -> None:
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*import\s|import\(|fetch\(|XMLHttpRequest|https?://(?!localhost)", text, re.M), path
    for style in (kind.css() for kind in KINDS):
        assert "@import" not in style and "url(" not in style


def test_the_page_is_small() -> None:
    assert len(MICROPHONE.esm()) + len(MICROPHONE.css()) < 60_000
    assert len(VAD_LAB.esm()) + len(VAD_LAB.css()) < 90_000
