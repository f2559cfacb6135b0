"""hibari from tables says what hibari says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtnb.speech.hibari_parts import made_of, tagger_model
from rtnb.speech.tables import JsonTable, read_text

pytestmark = pytest.mark.local

TEXTS = (
    "Hello there.",
    "The quick brown fox read the record, and would read it again at 7:30 pm for $9.99.",
    "Zorblaxian VAD isn't NASA's; Dr. O'Neil's IEEE papers re-recorded “quotes” and 50% more!",
    "They live in Reading, used to record live music, and present the present on March 3rd, 2024.",
)


@pytest.fixture(scope="module")
def assets() -> Path:
    import hibari

    return Path(hibari.__file__).parent / "assets"


@pytest.fixture(scope="module")
def both(assets: Path) -> tuple[Any, Any]:
    from hibari import Hibari

    return made_of(assets), Hibari(threads=1)


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_sound_bit_for_bit(both: tuple[Any, Any], text: str) -> None:
    ours, theirs = both
    assert ours.phonemize(text) == theirs.phonemize(text)
    np.testing.assert_array_equal(ours(text, seed=0), theirs(text, seed=0))


@pytest.mark.parametrize("name", ["lexicon_us_gold", "lexicon_us_silver"])
def test_every_word_of_the_lexicons(assets: Path, name: str) -> None:
    path = assets / f"{name}.json.gz"
    table, words = JsonTable(read_text(path)), json.loads(gzip.decompress(path.read_bytes()))
    assert len(table) == len(words)
    assert all(table.get(word) == sound for word, sound in words.items())


def test_every_weight_of_the_tagger(assets: Path) -> None:
    text = read_text(assets / "tagger.json.gz")
    ours, theirs = tagger_model(text), json.loads(text)
    assert {name: part for name, part in ours.items() if name != "weights"} == {
        name: part for name, part in theirs.items() if name != "weights"
    }
    assert len(ours["weights"]) == len(theirs["weights"])
    assert all(ours["weights"].get(feature) == row for feature, row in theirs["weights"].items())


def test_a_tagger_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        tagger_model(b'{"weights":{},"tags":[]}')
