"""A Figure as bytes: PNG for where only pictures show, SVG that follows the theme for where HTML shows."""

from __future__ import annotations

import base64
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.figure import Figure

from rtnb.plots import palette
from rtnb.plots.layout import FONT
from rtnb.plots.palette import BACKGROUND, Ink

__all__ = ["PNG_CAP_BYTES", "png", "png_base64", "svg", "svg_data_uri"]

PNG_CAP_BYTES = 100_000
"""A notebook with larger pictures is hard to review and slow to load."""

_SCALES = (2.0, 1.5, 1.0, 0.75, 0.5)
_FONT_STACK = "system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif"
_INKS = [value for value in vars(palette).values() if isinstance(value, Ink)]
_SETTINGS_LOCK = threading.Lock()


def png(figure: Figure, *, cap_bytes: int = PNG_CAP_BYTES, scale: float = 2.0) -> bytes:
    """The figure as PNG, opaque, at `scale` times its size; with fewer colours, then smaller, where that would exceed
    `cap_bytes`.
    """
    data = b""
    for factor in (each for each in _SCALES if each <= scale):
        buffer = io.BytesIO()
        figure.savefig(
            buffer, format="png", dpi=figure.get_dpi() * factor, facecolor=BACKGROUND.light, edgecolor="none",
            transparent=False, bbox_inches=figure.bbox_inches,
        )  # fmt: skip
        data = buffer.getvalue()
        if len(data) > cap_bytes:
            data = min(data, _indexed(data), key=len)
        if len(data) <= cap_bytes:
            break
    return data


def _indexed(data: bytes) -> bytes:
    """The same pixels in a table of 255 colours: a third of the bytes, for pictures of flat areas and words."""
    # Pillow comes with matplotlib, which writes PNGs by it.
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        table = image.convert("RGB").quantize(255, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        table.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def png_base64(figure: Figure) -> str:
    """The figure as the text that Jupyter expects under ``image/png``."""
    return base64.b64encode(png(figure)).decode("ascii")


@contextmanager
def _text_as_text() -> Iterator[None]:
    # Matplotlib has no argument for this, only these two process-wide settings. rc_context would, on leaving,
    # also undo whatever another thread changed meanwhile.
    with _SETTINGS_LOCK:
        before = mpl.rcParams["svg.fonttype"], mpl.rcParams["svg.hashsalt"]
        mpl.rcParams["svg.fonttype"], mpl.rcParams["svg.hashsalt"] = "none", "rtnb"
        try:
            yield
        finally:
            mpl.rcParams["svg.fonttype"], mpl.rcParams["svg.hashsalt"] = before


def _style() -> str:
    """CSS that gives every colour its dark twin. Matplotlib writes colours into ``style`` attributes."""
    swaps = "".join(
        f'[style*="{member}: {ink.light}"]{{{member}:{ink.dark}!important}}'
        for ink in _INKS
        for member in ("fill", "stroke")
    )
    return (
        f"<style>text{{font-family:{_FONT_STACK};font-variant-numeric:tabular-nums}}"
        f"@media (prefers-color-scheme:dark){{{swaps}}}</style>"
    )


def _compact_path(match: re.Match[str]) -> str:
    path = re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", match[1])
    path = re.sub(r"M (\S+) (\S+) \nL \1 (\S+)", r"M\1 \2V\3", path).replace(" \n", "").replace("\n", "")
    return f' d="{path}"'


def svg(figure: Figure, *, background: bool = True) -> str:
    """The figure as SVG text that follows the colour scheme of where it is shown.

    Parameters
    ----------
    figure : Figure
        In the light colours of :mod:`rtnb.plots.palette`.
    background : bool
        Whether the picture brings its own background, which switches with the rest. It must wherever the page
        might be of another colour than its declared scheme, as then words would vanish.

    Notes
    -----
    An SVG in an ``img`` takes ``prefers-color-scheme`` from the ``color-scheme`` of the element it is embedded
    in, not from the system (https://www.w3.org/TR/mediaqueries-5/#prefers-color-scheme). JupyterLab 4.3 and
    later declare it on the body by their theme, so the picture follows the theme there.
    """
    buffer = io.StringIO()
    with _text_as_text():
        figure.savefig(
            buffer, format="svg", facecolor=BACKGROUND.light if background else "none", edgecolor="none",
            transparent=False, bbox_inches=figure.bbox_inches, metadata={"Date": None, "Creator": None},
        )  # fmt: skip
    text = buffer.getvalue()
    text = text[text.index("<svg ") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' d="([^"]*)"', _compact_path, text)
    text = re.sub(r' id="(?:figure|axes|patch|text|line2d)_\d+"', "", text)
    text = text.replace(f"font-family: '{FONT}'; ", "")
    text = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", text)
    text = re.sub(r">\s+<", "><", text)
    width, height = (round(inches * figure.get_dpi()) for inches in figure.get_size_inches())
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', f'width="{width}" height="{height}"', text, count=1)
    return text.strip().removesuffix("</svg>") + _style() + "</svg>"


def svg_data_uri(figure: Figure, *, background: bool = True) -> str:
    """The SVG of :func:`svg` as a ``data:`` URI for the ``src`` of an ``img``."""
    data = base64.b64encode(svg(figure, background=background).encode()).decode("ascii")
    return f"data:image/svg+xml;base64,{data}"
