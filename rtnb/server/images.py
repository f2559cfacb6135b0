"""Images in user messages: what kind and how large they are, read from their first bytes."""

from __future__ import annotations

import pybase64

from rtnb.protocol.images import KINDS, MAX_IMAGE_BYTES, image_size
from rtnb.server import problems
from rtnb.server.brains.base import Image
from rtnb.server.problems import Refused

__all__ = ["image_of_url"]


def image_of_url(url: str, path: str) -> Image:
    """The image in a data URI.

    Parameters
    ----------
    url : str
        ``data:image/png;base64,...`` or the same of a JPEG.
    path : str
        Where it stands in the client's event, for the refusal.

    Raises
    ------
    Refused
        It is no data URI, of another kind, too large, or no image of the kind that it says it is.

    Examples
    --------
    >>> import io, base64
    >>> from PIL import Image as Pillow
    >>> file = io.BytesIO()
    >>> Pillow.new("RGB", (40, 30)).save(file, "PNG")
    >>> image_of_url("data:image/png;base64," + base64.b64encode(file.getvalue()).decode(), "url")
    Image(kind='image/png', width=40, height=30)
    """
    head, comma, text = url.partition(",")
    scheme, _, rest = head.partition(":")
    if scheme.lower() != "data" or not comma:
        raise Refused(problems.not_an_image(path, None))
    kind, *parameters = rest.lower().split(";")
    if kind not in KINDS:
        raise Refused(problems.not_an_image(path, kind))
    if "base64" not in parameters:
        raise Refused(problems.not_an_image(path, None))
    if len(text) > MAX_IMAGE_BYTES * 4 // 3 + 4:
        raise Refused(problems.image_too_large(path, MAX_IMAGE_BYTES))
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(problems.bad_image(path)) from None
    found = image_size(data)
    if found is None or found[0] != kind:
        raise Refused(problems.bad_image(path))
    return Image(kind=kind, width=found[1], height=found[2], data=data)
