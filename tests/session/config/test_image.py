from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import rtnb
from rtnb._display import bundle
from rtnb.errors import ConfigError
from rtnb.protocol import check_client_event
from rtnb.protocol.images import MAX_IMAGE_BYTES
from rtnb.session.config.image import Image


def file_of(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", size, (200, 30, 30)).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_of_a_path_a_name_bytes_and_a_data_uri(kind: str, tmp_path: Path) -> None:
    data = file_of(kind)
    path = tmp_path / "picture.bin"
    path.write_bytes(data)
    image = Image(data)
    assert image == Image(path) == Image(str(path)) == Image(bytearray(data)) == Image(image.data_uri)
    assert (image.width, image.height, image.data, image.kind) == (40, 30, data, f"image/{kind.lower()}")
    assert image != Image(data, detail="low") and len({image, Image(path)}) == 1 and image != data


def test_the_service_takes_it() -> None:
    part = Image(file_of(), detail="high").to_wire()
    item = {"type": "message", "role": "user", "content": [part]}
    assert check_client_event({"type": "conversation.item.create", "item": item}) is None
    assert part["detail"] == "high" and "detail" not in Image(file_of()).to_wire()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"", "is empty"),
        (b"hello", "is no image"),
        (file_of("GIF"), "is a GIF file. Images for the model are PNG or JPEG"),
        (file_of("WEBP"), "is a WebP file"),
        (file_of()[:20], "cut short or damaged"),
        ("no-such-file.png", "There is no file 'no-such-file.png'"),
        (Path("/"), "cannot be read"),
        ("https://example.com/a.png?secret=1", "is an address"),
        ("data:image/gif;base64,AA==", "no data URI of an image"),
        ("data:image/png;base64,!!", "no valid base64"),
        (np.zeros((4, 4, 3)), "not ndarray"),
        (Pillow.new("RGB", (4, 4)), "image.save(buffer, 'PNG')"),
        (None, "not NoneType"),
    ],
)
def test_what_is_no_image_is_refused_in_words(source: Any, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Image(source)
    assert says in str(caught.value) and len(str(caught.value)) < 400


def test_a_file_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)
    with pytest.raises(ConfigError, match="limit is 20 MiB"):
        Image(path)
    with pytest.raises(ConfigError, match="limit is 20 MiB"):
        Image(file_of() + bytes(MAX_IMAGE_BYTES))


@pytest.mark.parametrize("detail", ["ultra", 5, ""])
def test_detail_is_one_of_three(detail: Any) -> None:
    with pytest.raises(ConfigError, match='detail is "auto", "low" or "high"'):
        Image(file_of(), detail=detail)


def test_a_notebook_shows_the_picture() -> None:
    shown = bundle(rtnb.Image(file_of(), detail="low"))
    assert shown["text/plain"] == f"Image(png, 40 x 30, {len(file_of())} bytes, detail='low')"
    assert "data:image/png;base64," in shown["text/html"] and shown["image/png"].startswith("iVBOR")
