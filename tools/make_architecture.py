"""Draw the pictures of docs/explanation/architecture.md, in rtnb's palette, for light and dark pages.

Usage: python tools/make_architecture.py [FOLDER]     (docs/images)
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import Literal

from rtnb.plots import palette
from rtnb.plots.palette import Ink

__all__ = ["LAYERS", "PICTURES", "STEPS", "layers", "turn"]

IMAGES = Path(__file__).parents[1] / "docs" / "images"

Theme = Literal["light", "dark"]

LAYERS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Use it", "text", (("cli", "the shell"), ("magics", "%%ask"), ("notebooks", "and your code"))),
    ("The roof", "text", (("rtnb", "every public name, loaded when it is used"),)),
    ("Whole jobs", "text", (("nesting", "asyncio in cells"), ("lab", "trials, the demo"),
                            ("checkup", "the doctor"), ("_connect", "session meets server"))),
    ("Helpers", "tool", (("samples", "recorded speech"), ("testing", "pytest's rtnb_server"))),
    ("Seen", "vad mark", (("widgets", "live views"), ("plots", "figures, cards, stills"))),
    ("Talk", "", (("session", "the client"), ("server", "the embedded server"))),
    ("Heard", "vad mark", (("speech", "recognition, synthesis"), ("vad", "turn detection, scores, sweeps"))),
    ("Counted", "tool", (("pricing", "dated rates, bills"), ("tokens", "by modality, cache"))),
    ("Facts", "muted", (("protocol", "events, settings, errors"), ("audio", "clips, rates, codecs"))),
    ("Ground", "muted", (("_threads", ""), ("_display", ""), ("_plugins", ""), ("errors", ""), ("_onnx", ""),
                         ("_memory", ""), ("_cores", ""), ("_lazy", ""))),
)  # fmt: skip
"""From the roof down: a layer's name, its colour, its rooms with what they are. A test holds it against the imports."""

SPEAKERS = {"session": palette.USER, "server": palette.ASSISTANT}

STEPS: tuple[tuple[str, str, str], ...] = (
    ("session", "audio of the microphone or a file, in pieces of 20 to 100 ms", "input_audio_buffer.append"),
    ("vad", "one probability of speech every 32 ms; the rule of server VAD", "input_audio_buffer.speech_started"),
    ("vad", "200 ms of silence by rtnb's default, and the turn is over", "input_audio_buffer.speech_stopped"),
    ("server", "the buffer becomes an item of the conversation", "input_audio_buffer.committed"),
    ("speech", "Whisper writes down what was said", "conversation.item.input_audio_transcription.completed"),
    ("server", "a brain answers, sentence by sentence", "response.created"),
    ("speech", "each sentence is spoken as soon as it is there", "response.output_audio.delta"),
    ("tokens", "tokens in and out, by modality, and what the cache held", "response.done"),
    ("session", "events become a conversation, turn by turn, and a journal", "s.turns"),
    ("pricing", "what it cost, at the prices of the day", "s.usage"),
    ("plots", "the card of the turn, which stays in the notebook", "the cell's output"),
)
"""The way of a spoken turn: the room, what happens there, and what is sent or seen of it."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class Drawing:
    """Shapes in one theme, as SVG."""

    def __init__(self, width: int, height: int, theme: Theme, title: str) -> None:
        self.theme: Theme = theme
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" font-family="{FONT}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="{self.ink(palette.BACKGROUND)}"/>',
        ]

    def ink(self, ink: Ink) -> str:
        return str(getattr(ink, self.theme))

    def box(self, x: float, y: float, width: float, height: float, ink: Ink, *, filled: float = 0.10) -> None:
        """A rounded box with a border of the ink and a breath of it inside."""
        colour = self.ink(ink)
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" fill="{colour}" '
            f'fill-opacity="{filled:g}" stroke="{colour}" stroke-width="1.2"/>'
        )

    def text(self, x: float, y: float, words: str, ink: Ink, *, size: float = 13, weight: int = 400,
             anchor: str = "start", mono: bool = False) -> None:  # fmt: skip
        family = f' font-family="{MONO}"' if mono else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" fill="{self.ink(ink)}" font-size="{size:g}" font-weight="{weight}" '
            f'text-anchor="{anchor}"{family}>{escape(words)}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, ink: Ink, *, width: float = 1.2, dash: str = "") -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{self.ink(ink)}" '
            f'stroke-width="{width:g}"{dashes}/>'
        )

    def arrow(self, x: float, y1: float, y2: float, ink: Ink) -> None:
        """Straight down."""
        self.line(x, y1, x, y2 - 7, ink, width=1.6)
        self.parts.append(
            f'<path d="M{x - 5:g} {y2 - 8:g} L{x + 5:g} {y2 - 8:g} L{x:g} {y2:g} Z" fill="{self.ink(ink)}"/>'
        )

    def dot(self, x: float, y: float, ink: Ink) -> None:
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="6" fill="{self.ink(ink)}"/>')

    def svg(self) -> str:
        return "\n".join([*self.parts, "</svg>", ""])


def layers(theme: Theme) -> str:
    """The rooms of rtnb, from the roof down."""
    left, wide, high, gap = 120, 780, 48, 10
    drawing = Drawing(left + wide + 16, len(LAYERS) * (high + gap) + 40, theme, "The layers of rtnb")
    for row, (name, colour, rooms) in enumerate(LAYERS):
        top = 12 + row * (high + gap)
        drawing.text(left - 34, top + high / 2 + 5, name, palette.MUTED, size=13, anchor="end")
        each = (wide - gap * (len(rooms) - 1)) / len(rooms)
        for place, (room, said) in enumerate(rooms):
            ink = SPEAKERS.get(room) or palette.GRAPHICS[colour]
            x = left + place * (each + gap)
            drawing.box(x, top, each, high, ink)
            drawing.text(x + each / 2, top + (21 if said else 29), room, ink, size=15, weight=600, anchor="middle")
            if said:
                drawing.text(x + each / 2, top + 38, said, palette.TEXT, size=12, anchor="middle")
        if len(rooms) == 2 and {room for room, _ in rooms} == set(SPEAKERS):
            middle = left + wide / 2
            drawing.line(middle, top - 2, middle, top + high + 2, palette.ERROR, width=2, dash="4 4")
    bottom = 12 + len(LAYERS) * (high + gap)
    drawing.arrow(left - 18, 16, bottom - gap, palette.MUTED)
    drawing.text(left, bottom + 12, "Imports go downward only. Session and server never import each other: they meet "
                 "over a socket.", palette.MUTED, size=12.5)  # fmt: skip
    return drawing.svg()


ROOM_INKS = {**SPEAKERS, "vad": palette.VAD_MARK, "speech": palette.ASSISTANT, "tokens": palette.TOOL,
             "pricing": palette.TOOL, "plots": palette.TEXT}  # fmt: skip


def turn(theme: Theme) -> str:
    """A spoken turn's way through the rooms, from above."""
    high, x = 46, 150
    drawing = Drawing(916, len(STEPS) * high + 60, theme, "A spoken turn's way through rtnb")
    drawing.text(x - 24, 24, "room", palette.MUTED, size=12.5, anchor="end")
    drawing.text(x + 26, 24, "what happens there", palette.MUTED, size=12.5)
    drawing.text(900, 24, "what is sent, or seen", palette.MUTED, size=12.5, anchor="end")
    for at, (room, said, shown) in enumerate(STEPS):
        y = 56 + at * high
        ink = ROOM_INKS[room]
        if at + 1 < len(STEPS):
            drawing.arrow(x, y + 6, y + high - 7, palette.MUTED)
        drawing.dot(x, y, ink)
        drawing.text(x - 24, y + 5, room, ink, size=15, weight=600, anchor="end")
        drawing.text(x + 26, y + 5, said, palette.TEXT, size=13.5)
        drawing.text(900, y + 5, shown, palette.MUTED, size=11.5, anchor="end", mono=True)
    return drawing.svg()


PICTURES = {
    f"architecture-{name}-{theme}.svg": (draw, theme)
    for name, draw in (("layers", layers), ("turn", turn))
    for theme in ("light", "dark")
}
"""File names, and what draws them."""


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    for name, (draw, theme) in PICTURES.items():
        (folder / name).write_text(draw(theme), encoding="utf-8")  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
