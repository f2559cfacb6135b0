"""Which tests share a worker: those of a file, and all that drive a browser."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

__all__ = ["OneBrowser"]


class OneBrowser(LoadFileScheduling):  # type: ignore[misc]
    """Files as they come; all of tests/browser one after the other.

    Two browsers with their kernels at once starve each other of a small machine's processors: slower than one after
    the other, and pages miss their moments.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "tests/browser" if nodeid.startswith("tests/browser/") else str(super()._split_scope(nodeid))
