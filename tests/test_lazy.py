"""Names that arrive when they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rtnb.speech
import rtnb.vad


@pytest.mark.parametrize("package", [rtnb, rtnb.speech, rtnb.vad])
def test_every_listed_name_arrives_and_stays(package: object) -> None:
    for name in dir(package):
        value = getattr(package, name)
        assert value is getattr(package, name)
        assert name in vars(package)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(AttributeError, match=r"module 'rtnb\.vad' has no attribute 'detekt'; it has: .*detect"):
        rtnb.vad.detekt  # noqa: B018
    assert not hasattr(rtnb.speech, "_HOME")


def test_a_module_is_loaded_only_when_its_name_is_used() -> None:
    program = (
        "import sys, rtnb.vad\n"
        "before = 'rtnb.vad.detector' in sys.modules\n"
        "rtnb.vad.Detector\n"
        "print(before, 'rtnb.vad.detector' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
