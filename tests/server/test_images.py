from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pictures import data_uri, picture

from rtnb.server import images
from rtnb.server.images import image_of_url
from rtnb.server.problems import Refused


@given(width=st.integers(1, 3000), height=st.integers(1, 40), kind=st.sampled_from(["png", "jpeg"]))
def test_kind_and_size_are_those_that_were_written(width: int, height: int, kind: str) -> None:
    found = image_of_url(data_uri(width, height, kind), "url")
    assert (found.kind, found.width, found.height) == (f"image/{kind}", width, height)
    assert found.data == picture(width, height, kind)


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"exif": b"Exif\0\0" + bytes(500)}, {"comment": b"x" * 900}]
)
def test_jpegs_with_more_before_their_size(options: dict[str, object]) -> None:
    data = base64.b64encode(picture(70, 50, "jpeg", **options)).decode()
    found = image_of_url(f"data:image/jpeg;base64,{data}", "url")
    assert (found.width, found.height) == (70, 50)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/cat.png",
        "file:///etc/passwd",
        "data:image/png;base64",
        "data:image/png,plain",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "data:;base64,AAAA",
        "data:image/png;base64,???",
        "data:image/png;base64,",
        "data:image/jpeg;base64," + data_uri(3, 3, "png").partition(",")[2],
        "data:image/png;base64," + data_uri(3, 3, "jpeg").partition(",")[2],
        "data:image/png;base64," + base64.b64encode(picture(9, 9)[:20]).decode(),
        "",
    ],
)
def test_everything_else_is_refused_with_one_clear_problem(url: str) -> None:
    with pytest.raises(Refused) as caught:
        image_of_url(url, "item.content[0].image_url")
    problem = caught.value.problem
    assert (problem.code, problem.param) == ("invalid_value", "item.content[0].image_url")
    assert len(problem.message) < 300


def test_an_image_without_end_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGE_BYTES", 100)
    with pytest.raises(Refused, match="at most 100 bytes"):
        image_of_url("data:image/png;base64," + "A" * 1000, "url")


@given(data=st.binary(max_size=60), kind=st.sampled_from(["png", "jpeg"]))
def test_any_bytes_at_all_are_read_or_refused(data: bytes, kind: str) -> None:
    head = picture(3, 3, kind)[:20]
    for body in (data, head + data):
        try:
            found = image_of_url(f"data:image/{kind};base64,{base64.b64encode(body).decode()}", "url")
        except Refused:
            continue
        assert found.width > 0 and found.height > 0
