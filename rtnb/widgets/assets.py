"""The pages' code: plain modules in ``static/``, joined here, since a widget is one module without imports."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

__all__ = ["STATIC", "microphone_css", "microphone_esm", "plain", "vad_css", "vad_esm"]

STATIC = Path(__file__).parent / "static"


def plain(source: str) -> str:
    """A module's text without its exports, to be put before another.

    Examples
    --------
    >>> plain("export class A {}\\nexport function f() {}\\nconst exported = 1;\\n")
    'class A {}\\nfunction f() {}\\nconst exported = 1;\\n'
    """
    return re.sub(r"^export (?=class |function |const )", "", source, flags=re.MULTILINE)


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


@functools.cache
def microphone_esm() -> str:
    """The microphone's module; the audio thread's module is in it as text, for a Blob URL."""
    worklet = plain(_read("sound.mjs")) + _read("worklets.js")
    return "\n".join([f"const WORKLET = {json.dumps(worklet)};", plain(_read("frames.mjs")), _read("microphone.js")])


@functools.cache
def microphone_css() -> str:
    """Its style."""
    return _read("microphone.css")


@functools.cache
def vad_esm() -> str:
    """The VAD lab's module."""
    pure = [plain(_read(name)) for name in ("vad_view.mjs", "vad_player.mjs")]
    rest = [_read(f"vad_{name}.js") for name in ("engine", "paint", "parts", "lists", "hands", "lab")]
    return "\n".join([*pure, *rest])


@functools.cache
def vad_css() -> str:
    """Its style."""
    return _read("vad_lab.css")
