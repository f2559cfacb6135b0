"""hibari in a fraction of its memory: the same sounds, bit for bit.

hibari makes 100 MB of Python objects of its lexicons and of the weights of its tagger, in every process. Here they stay
text (:mod:`rtnb.speech.tables`): 20 MB, loaded in the same time; a sentence takes about a millisecond more. And its
networks keep no memory between two sentences. What is done in place of its own is what version 0.2.1 does, to which it
is pinned.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rtnb._onnx import open_network
from rtnb.speech.tables import JsonTable, read_text

__all__ = ["made_of", "tagger_model"]

_WEIGHTS = b',"weights":{'


def tagger_model(text: bytes) -> dict[str, Any]:
    """The tagger's model; all but its weights is small."""
    small, mark, weights = text.partition(_WEIGHTS)
    if not mark:
        raise ValueError("the weights are not where they were")
    model: dict[str, Any] = json.loads(small + b"}")
    return {**model, "weights": JsonTable(b"{" + weights[:-1])}


def made_of(assets: Path) -> Any:
    """A ``Hibari`` with the bundled voice; its text side is loaded too.

    Raises
    ------
    ImportError
        hibari or ONNX Runtime is not installed.
    """
    from hibari import Hibari
    from hibari.g2p import G2P, Lexicon, Tagger, Tokenizer
    from hibari.g2p.oov import OOV

    def table(name: str) -> JsonTable:
        return JsonTable(read_text(assets / name))

    class TextSide(G2P):  # type: ignore[misc]
        def __init__(self) -> None:
            self.lexicon = Lexicon(table("lexicon_us_gold.json.gz"), table("lexicon_us_silver.json.gz"))
            self.tokenizer = Tokenizer(json.loads(read_text(assets / "tokenizer_exceptions.json")))
            self.tagger = Tagger(tagger_model(read_text(assets / "tagger.json.gz")))
            self._oov = None
            self.unk = ""
            self.british = False

        @property
        def oov(self) -> Any:
            if self._oov is None:
                path = assets / "oov.onnx"
                self._oov = OOV(str(path), session=open_network(path))
            return self._oov

    class Voice(Hibari):  # type: ignore[misc]
        def __init__(self) -> None:
            self.voice = "heart"
            self.model_path = str(assets / "hibari.onnx")
            self.sess = open_network(assets / "hibari.onnx")
            self.vocab = json.loads(read_text(assets / "vocab.json"))
            self._g2p = TextSide()

    return Voice()
