"""What the pytest plugin keeps of a failure: a report of bearable length, and recordings in a folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

__all__ = ["LONGEST", "folder_name", "folder_problem", "shortened"]

LONGEST = 30_000
"""Characters of a report that a failure is given."""

_READABLE = 100
"""Characters of a test's name in that of its folder; a name in a folder has at most 255 bytes nearly everywhere."""


def shortened(text: str, most: int = LONGEST) -> str:
    """A text without its middle, if it is longer than `most` characters: what came first and last tells the most.

    Examples
    --------
    >>> print(shortened("0123456789" * 10, 40))
    01234567890123456789
    [... 60 characters ...]
    01234567890123456789
    """
    if len(text) <= most:
        return text
    head, tail = text[: most // 2], text[-(most // 2) :]
    return f"{head}\n[... {len(text) - len(head) - len(tail)} characters ...]\n{tail}"


def folder_name(node_id: str) -> str:
    """The name of a test's folder: what can be read of its name, and what tells it from all others.

    Examples
    --------
    >>> folder_name("test_it.py::test_f[a/b]"), folder_name("test_it.py::test_f[a.b]")
    ('test_it_py__test_f_a_b_-18aa8a8b', 'test_it_py__test_f_a_b_-a54086dc')
    """
    readable = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "_" for each in node_id)
    return f"{readable[-_READABLE:]}-{hashlib.sha256(node_id.encode('utf-8', 'replace')).hexdigest()[:8]}"


def folder_problem(folder: str | Path) -> str | None:
    """Why nothing can be written to a folder, which is made if need be; None if it can."""
    if Path(folder).is_file():
        return "it is a file"
    probe = Path(folder) / f".rtnb-{os.getpid()}"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except (OSError, ValueError) as error:
        return (isinstance(error, OSError) and error.strerror) or str(error)
    return None
