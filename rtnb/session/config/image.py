"""An image to show to the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pybase64

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.protocol.images import DETAILS, KINDS, MAX_IMAGE_BYTES, image_size
from rtnb.session.config.checking import shown, wrong

if TYPE_CHECKING:
    from rtnb.protocol.images import Detail, Kind
else:
    # jedi 0.20.1, which completes in cells, offers nothing of a class that has a property of a Literal type.
    Detail = Kind = str

__all__ = ["Image", "looks_like_image"]

_OTHERS = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"II*\x00": "a TIFF",
    b"MM\x00*": "a TIFF",
    b"%PDF": "a PDF",
    b"<svg": "an SVG",
    b"<?xml": "an SVG",
}
"""First bytes of what people take for it; WebP and AVIF have theirs further on."""


class Image(Drawable):
    """A PNG or JPEG image, as a user message shows it to the model. Immutable.

    Parameters
    ----------
    source : Path, str or bytes
        A file, or its content. A string is the name of a file, or a ``data:`` URI.
    detail : {"auto", "low", "high"}, optional
        How closely the model looks, which decides how many tokens the image costs.

    Raises
    ------
    ConfigError
        There is no such file, it is neither PNG nor JPEG, it is larger than 20 MiB, or `detail` is none of the three.

    Examples
    --------
    >>> png = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000280000001e")
    >>> image = Image(png, detail="low")
    >>> image
    Image(png, 40 x 30, 24 bytes, detail='low')
    >>> image.to_wire()["image_url"][:30]
    'data:image/png;base64,iVBORw0K'
    """

    __slots__ = ("_data", "_detail", "_kind", "_size")

    def __init__(self, source: Path | str | bytes, *, detail: Detail | None = None) -> None:
        if detail is not None and detail not in DETAILS:
            raise wrong("Image(detail", detail, '"auto", "low" or "high"')
        data = _data_of(source)
        if len(data) > MAX_IMAGE_BYTES:
            raise ConfigError(
                f"The image of {len(data) / 2**20:.1f} MiB is too large; the limit is {MAX_IMAGE_BYTES // 2**20} MiB."
            )
        found = image_size(data)
        if found is None:
            raise ConfigError(f"{_said(source)} is {_what(data)}. Images for the model are PNG or JPEG files.")
        self._kind, width, height = found
        self._size = width, height
        self._data, self._detail = data, detail

    @property
    def data(self) -> bytes:
        """The file's content."""
        return self._data

    @property
    def kind(self) -> Kind:
        """``"image/png"`` or ``"image/jpeg"``."""
        return self._kind

    @property
    def width(self) -> int:
        """In pixels."""
        return self._size[0]

    @property
    def height(self) -> int:
        """In pixels."""
        return self._size[1]

    @property
    def detail(self) -> Detail | None:
        """How closely the model looks; None leaves it to the server."""
        return self._detail

    @property
    def data_uri(self) -> str:
        """The file as a ``data:`` URI."""
        return f"data:{self._kind};base64,{pybase64.b64encode(self._data).decode('ascii')}"

    def to_wire(self) -> dict[str, Any]:
        """The content part of a user message."""
        detail = {} if self._detail is None else {"detail": self._detail}
        return {"type": "input_image", "image_url": self.data_uri, **detail}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return (self._data, self._detail) == (other._data, other._detail)

    def __hash__(self) -> int:
        return hash((self._data, self._detail))

    def __repr__(self) -> str:
        detail = "" if self._detail is None else f", detail={self._detail!r}"
        kind = self._kind.removeprefix("image/")
        return f"Image({kind}, {self.width} x {self.height}, {len(self._data):,} bytes{detail})"


def looks_like_image(head: bytes) -> bool:
    """Whether a file that begins so is an image, of whatever kind; anything else is left to the audio reader.

    Examples
    --------
    >>> looks_like_image(b"GIF89a"), looks_like_image(b"RIFF0000WAVEfmt ")
    (True, False)
    """
    return head.startswith((b"\x89PNG", b"\xff\xd8\xff")) or _other(head) is not None


def _other(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"heic", b"heix", b"mif1"):
        return "an AVIF or HEIC"
    return next((name for start, name in _OTHERS.items() if head.startswith(start)), None)


def _what(data: bytes) -> str:
    if not data:
        return "empty"
    other = _other(data[:16])
    if other is not None:
        return f"{other} file"
    return "cut short or damaged" if looks_like_image(data[:16]) else "no image"


def _said(source: Path | str | bytes) -> str:
    if isinstance(source, bytes):
        return "The data"
    text = str(source)
    return "The data URI" if text.startswith("data:") else f"'{text}'"


def _data_of(source: Path | str | bytes) -> bytes:
    if isinstance(source, bytes | bytearray):
        return bytes(source)
    if isinstance(source, str) and source[:5].lower() == "data:":
        return _of_uri(source)
    if isinstance(source, str | Path):
        if "://" in str(source)[:12]:
            raise ConfigError(
                f"{shown(str(source))} is an address, and the API takes images only as data: fetch it first, "
                "then rtnb.Image(content)."
            )
        path = Path(source)
        try:
            if path.stat().st_size > MAX_IMAGE_BYTES:
                raise ConfigError(
                    f"The image '{path}' of {path.stat().st_size / 2**20:.1f} MiB is too large; "
                    f"the limit is {MAX_IMAGE_BYTES // 2**20} MiB."
                )
            return path.read_bytes()
        except FileNotFoundError:
            raise ConfigError(f"There is no file '{path}'.") from None
        except OSError as error:
            raise ConfigError(f"'{path}' cannot be read: {error.strerror or error}.") from None
    raise ConfigError(
        f"Image takes a file or its content, not {type(source).__name__}. For an array or a PIL image, save it as PNG "
        "first: image.save(buffer, 'PNG'), then rtnb.Image(buffer.getvalue())."
    )


def _of_uri(uri: str) -> bytes:
    head, comma, text = uri.partition(",")
    kind, *parameters = head[5:].lower().split(";")
    if not comma or "base64" not in parameters or kind not in KINDS:
        raise ConfigError(f"{shown(head)} is no data URI of an image; it begins data:image/png;base64, or .../jpeg.")
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        raise ConfigError("The data URI of the image holds no valid base64.") from None
