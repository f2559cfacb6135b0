"""Model files and loading."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rtnb.checkup import models
from rtnb.checkup.models import Loaded, Weights, judge_loaded, judge_weights, loaded, weights
from rtnb.vad.engines.silero import WEIGHTS


@pytest.mark.local
def test_here() -> None:
    (finding,) = [each for each in judge_weights(weights()) if each.verdict != "skipped"]
    assert finding.verdict == "ok" and "silero" in finding.found
    assert judge_loaded(loaded())[0].verdict == "ok"


def test_a_file_that_is_cut_is_named_with_its_cure(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    file = next(folder.glob("*.onnx"))
    file.write_bytes(file.read_bytes()[:-1])
    (finding,) = judge_weights([models._silero(folder)])
    assert finding.verdict == "problem" and file.name in finding.found and "pip install" in finding.remedy
    file.unlink()
    assert "cannot be read" in models._silero(folder).said


def test_what_is_absent() -> None:
    facts = [
        Weights("whisper-tiny.en", "absent", "local"),
        Weights("whisper-base-part1", "absent", "base"),
        Weights("whisper-base-part2", "absent", "base"),
        Weights("silero", "right"),
    ]
    right, local, base = judge_weights(facts)
    assert (right.verdict, local.verdict, base.verdict) == ("ok", "note", "skipped")
    assert "recognition of English" in local.found and "rtnb[local]" in local.remedy
    assert base.found.startswith("whisper-base not installed") and "rtnb[base]" in base.remedy


def test_loading() -> None:
    (finding,) = judge_loaded(Loaded(0.1, said="The model file model.bin is cut.\nMend it with: pip install x"))
    assert (finding.verdict, finding.remedy) == ("problem", "Mend it with: pip install x")
    missing = ('Speech is not recognised: no recogniser is installed. Install it: pip install "rtnb[local]"',)
    (finding,) = judge_loaded(Loaded(0.1, ("none", "tone", "energy"), missing))
    assert finding.verdict == "note" and finding.remedy == 'pip install "rtnb[local]"'
    assert finding.found.endswith("Speech is not recognised.")
