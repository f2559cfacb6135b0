from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.errors import WeightsError
from rtnb.vad.checksums import check, sha256_of

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_known_digest(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert sha256_of(path) == EMPTY
    check(path, EMPTY, cure="Reinstall.")


def test_mismatch_names_file_both_digests_and_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"x")
    with pytest.raises(WeightsError) as caught:
        check(path, EMPTY, cure="Reinstall.")
    text = str(caught.value)
    assert "model.bin" in text and EMPTY[:12] in text and sha256_of(path)[:12] in text
    assert text.endswith("Reinstall.")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.bin cannot be read"):
        check(tmp_path / "gone.bin", EMPTY, cure="Reinstall.")
