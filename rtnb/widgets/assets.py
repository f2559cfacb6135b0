"""The pages' code: plain modules in ``static/``, joined here, since a widget is one module without imports."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Final

from rtnb.widgets.frame.page import PageKind

__all__ = [
    "CONSOLE",
    "KINDS",
    "MICROPHONE",
    "RECORDER",
    "STATIC",
    "TIMELINE",
    "USAGE_METER",
    "VAD_LAB",
    "WAVEFORM",
    "joined",
    "microphone_engine",
    "plain",
]

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


VAD_PARTS: Final = ("engine", "paint", "parts", "lists", "hands", "lab")


def joined(*names: str) -> str:
    """Modules of ``static/`` as one; of ``.mjs`` the exports are taken off."""
    return "\n".join(plain(_read(name)) if name.endswith(".mjs") else _read(name) for name in names)


@functools.cache
def microphone_engine() -> str:
    """What records and plays in a page; the audio thread's module is in it as text, for a Blob URL."""
    worklet = joined("sound.mjs", "worklets.js")
    return "\n".join([f"const WORKLET = {json.dumps(worklet)};", joined("frames.mjs", "mic_engine.js")])


VAD_LAB: Final = PageKind(
    "The VAD lab",
    lambda: joined("vad_view.mjs", "vad_player.mjs", *(f"vad_{name}.js" for name in VAD_PARTS)),
    lambda: joined("vad_lab.css"),
)


def _view(name: str, module: str, *parts: str, microphone: bool = False) -> PageKind:
    """A view on the common ground: ``live.js``, its pure ``.mjs``, its parts, itself."""
    engine = microphone_engine if microphone else str
    return PageKind(
        name,
        lambda: "\n".join([joined("live.js"), engine(), joined(*parts, f"{module}.js")]),
        lambda: joined("live.css", f"{module}.css"),
    )


CONSOLE_PARTS: Final = (
    *(f"console_{name}.mjs" for name in ("text", "rows", "files", "upload", "form", "talk")),
    *(f"console_{name}.js" for name in ("mic", "replay", "convert", "outbox", "desk", "pieces", "log", "panel", "bar")),
)

CONSOLE: Final = _view("The console", "console", *CONSOLE_PARTS, microphone=True)
MICROPHONE: Final = _view("The microphone", "microphone", microphone=True)
RECORDER: Final = _view("The recorder", "recorder", "vad_player.mjs", "recorder_view.mjs", microphone=True)
_TIMELINE_PARTS: Final = (
    *(f"timeline_{name}.mjs" for name in ("words", "view", "place")),
    *(f"timeline_{name}.js" for name in ("paint", "lanes", "beside", "engine", "hands", "detail")),
)
TIMELINE: Final = _view("The timeline", "timeline", "vad_view.mjs", *_TIMELINE_PARTS)
USAGE_METER: Final = _view("The usage meter", "meter", "meter_view.mjs", "meter_charts.js", "meter_table.js")
WAVEFORM: Final = _view(
    "The waveform",
    "waveform",
    *("vad_view.mjs", "vad_player.mjs", "waveform_view.mjs", "waveform_engine.js", "waveform_paint.js"),
)

KINDS: Final = (CONSOLE, MICROPHONE, RECORDER, TIMELINE, USAGE_METER, VAD_LAB, WAVEFORM)
