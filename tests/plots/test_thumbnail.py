from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rtnb.plots.thumbnail import HEIGHT_PX, WIDTH_PX, thumbnail


def uri(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> str:
    data = np.random.default_rng(1).integers(0, 255, (height, width, 4), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(data, "RGBA").convert(mode).save(buffer, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def opened(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("JPEG", "RGB")]
)
def test_an_image_becomes_small(kind: str, mode: str) -> None:
    found = thumbnail(uri(900, 600, kind, mode))
    assert found is not None
    url, width, height = found
    assert (width, height) == (900, 600)
    small = opened(url)
    assert small.size == (216, 144)
    assert small.format == ("PNG" if mode in ("RGBA", "P") else "JPEG")
    assert len(url) < 150_000


@pytest.mark.parametrize("size", [(1, 1), (20, 30), (4000, 10), (10, 4000)])
def test_no_image_is_made_larger_than_it_is(size: tuple[int, int]) -> None:
    found = thumbnail(uri(*size))
    assert found is not None
    small = opened(found[0])
    assert small.size[0] <= min(WIDTH_PX, size[0]) and small.size[1] <= min(HEIGHT_PX, size[1])


@given(
    st.text(max_size=30) | st.binary(max_size=60).map(lambda b: "data:image/png;base64," + base64.b64encode(b).decode())
)
def test_what_is_no_image_is_none(url: str) -> None:
    assert thumbnail(url) is None


def test_a_bomb_and_a_stump_are_none() -> None:
    whole = uri(300, 300)
    head, _, data = whole.partition(",")
    assert thumbnail(f"{head},{data[: len(data) // 8 * 4]}") is None
    bomb = io.BytesIO()
    Image.new("1", (20000, 20000)).save(bomb, "PNG")
    assert thumbnail("data:image/png;base64," + base64.b64encode(bomb.getvalue()).decode()) is None
    assert thumbnail("https://example.org/cat.png") is None
