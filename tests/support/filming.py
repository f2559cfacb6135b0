"""A film of what a page shows, in real time, as an animated picture."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["Film", "length_s"]


TRIES = 3
"""So often is a picture taken of a part that grows meanwhile."""


class Film:
    """Pictures of one part of a page, each with the moment at which it was taken.

    Parameters
    ----------
    page, found
        The page, and the part of it to show; the part may grow.
    every_s : float
        Pause between two pictures; a busy machine takes longer, and the film keeps real time all the same.
    """

    def __init__(self, page: Page, found: Locator, *, every_s: float = 0.1) -> None:
        self._page, self._found, self._every_s = page, found, every_s
        self._browser = page.context.new_cdp_session(page)
        self._taken: list[tuple[float, bytes]] = []

    def take(self) -> None:
        """One picture of now."""
        box = self._found.bounding_box()
        for _ in range(TRIES):
            assert box is not None
            # Playwright's own screenshots wait until nothing moves.
            asked = {"format": "png", "optimizeForSpeed": True, "clip": {**box, "scale": 1}}
            at_s = time.monotonic()
            picture = self._browser.send("Page.captureScreenshot", asked)["data"]
            before, box = box, self._found.bounding_box()
            if box == before:
                break
        self._taken.append((at_s, base64.b64decode(picture)))

    def until(self, done: Callable[[], bool], *, timeout_s: float = 60) -> None:
        """Film until something is so."""
        end_s = time.monotonic() + timeout_s
        while True:
            began_s = time.monotonic()
            self.take()
            if done():
                return
            assert began_s < end_s, "what the film waits for does not happen"
            self._page.wait_for_timeout(max(1, 1000 * (began_s + self._every_s - time.monotonic())))

    def run(self, seconds: float) -> None:
        """Film for so long."""
        end_s = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end_s, timeout_s=2 * seconds + 60)

    def save(self, path: Path, *, last_s: float) -> None:
        """Write an animated WebP that runs for ever and rests on its last picture for `last_s`.

        Pictures that show nothing new lengthen the one before; what a picture lacks in height to the tallest is
        transparent.
        """
        pictures = [Image.open(io.BytesIO(data)).convert("RGBA") for _, data in self._taken]
        size = max(one.width for one in pictures), max(one.height for one in pictures)
        frames: list[Image.Image] = []
        moments: list[float] = []
        for (at_s, _), picture in zip(self._taken, pictures, strict=True):
            sheet = Image.new("RGBA", size)
            sheet.paste(picture)
            if not frames or sheet.tobytes() != frames[-1].tobytes():
                frames.append(sheet)
                moments.append(at_s)
        ends = [*moments[1:], self._taken[-1][0] + last_s]
        lengths = [max(1, round(1000 * (end - begun))) for begun, end in zip(moments, ends, strict=True)]
        first, *others = frames
        first.save(
            path, save_all=True, append_images=others, duration=lengths, loop=0, lossless=True, quality=100, method=4,
            minimize_size=True,
        )  # fmt: skip


def length_s(path: Path) -> float:
    """How long an animated picture takes."""
    with Image.open(path) as film:
        total_ms = 0
        for number in range(getattr(film, "n_frames", 1)):
            film.seek(number)
            film.load()
            total_ms += film.info["duration"]
    return total_ms / 1000
