from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from rtnb.protocol.images import image_size


def file_of(kind: str, width: int, height: int, **options: object) -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", (width, height), (200, 30, 30)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"comment": b"x" * 3000}, {"exif": b"Exif\x00\x00" + bytes(999)}]
)
@given(width=st.integers(1, 300), height=st.integers(1, 300))
def test_jpeg_files_of_all_sorts(options: dict[str, object], width: int, height: int) -> None:
    assert image_size(file_of("JPEG", width, height, **options)) == ("image/jpeg", width, height)


@given(width=st.integers(1, 300), height=st.integers(1, 300))
def test_png_files(width: int, height: int) -> None:
    assert image_size(file_of("PNG", width, height)) == ("image/png", width, height)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_images_are_none(kind: str) -> None:
    assert image_size(file_of(kind, 8, 8)) is None


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda rest: b"\xff\xd8" + rest))
def test_any_bytes_do_no_harm(data: bytes) -> None:
    image_size(data)


@given(st.sampled_from(["PNG", "JPEG"]), st.integers(0, 400))
def test_a_file_cut_short_is_of_its_size_or_none(kind: str, length: int) -> None:
    assert image_size(file_of(kind, 40, 30)[:length]) in (None, (f"image/{kind.lower()}", 40, 30))


def test_a_picture_without_extent_is_none() -> None:
    data = bytearray(file_of("PNG", 40, 30))
    data[16:20] = bytes(4)
    assert image_size(bytes(data)) is None
