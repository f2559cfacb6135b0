"""The key of the API: whether there is one and whether it can be meant. It never leaves this module, not in part."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rtnb.checkup.report import Finding

__all__ = ["Key", "Leaks", "judge_key", "judge_leaks", "key", "leaks"]

VARIABLE: Final = "OPENAI_API_KEY"

_WHOLE = re.compile(r"sk-[A-Za-z0-9_-]{20,}")
_ANYWHERE = re.compile(rb"(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20,}")
"""A digit among them, so that "sk-your-key-goes-right-here" is what it is."""

_WORDS: Final = ("your", "...", "xxxx", "<", "…", "placeholder", "changeme")
_REPEATED = re.compile(r"(.)\1{5}")
"""In random characters that is as good as never."""

MOST_FILES: Final = 200
MOST_BYTES: Final = 8_000_000
"""Of a file: notebooks with more are pictures and sound, of which the beginning is read."""
MOST_IN_ALL: Final = 64_000_000
MOST_S: Final = 5.0
PIECE: Final = 1 << 20
"""Bytes that are searched at once: meanwhile no other thread runs."""
OVERLAP: Final = 512
"""More than any key is long, so that none is cut in two."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is said of the key, in place of the key."""

    set: bool
    plausible: bool = True
    ephemeral: bool = False
    spaces: bool = False
    quoted: bool = False
    scheme: bool = False
    placeholder: bool = False
    wanted: bool = False
    """Whether ``RTNB_ENDPOINT`` names the API."""


def key(environment: Mapping[str, str] | None = None) -> Key:
    """Look at the variable."""
    given = os.environ if environment is None else environment
    value, wanted = given.get(VARIABLE, ""), given.get("RTNB_ENDPOINT", "") == "openai"
    if not value.strip():
        return Key(False, wanted=wanted)
    bare = value.strip()
    quoted = bare[0] in "\"'“”‘’" or bare[-1] in "\"'“”‘’"
    bare = bare.strip("\"'“”‘’ ")
    scheme = bare.lower().startswith("bearer ")
    bare = bare[7:].strip() if scheme else bare
    return Key(
        set=True,
        plausible=_WHOLE.fullmatch(bare) is not None,
        ephemeral=bare.startswith("ek_"),
        spaces=any(map(str.isspace, value.strip() if not scheme else bare)) or value != value.strip(),
        quoted=quoted,
        scheme=scheme,
        placeholder=_placeholder(bare),
        wanted=wanted,
    )


def _placeholder(bare: str) -> bool:
    """Whether it is what an example holds; random characters may spell a word, too."""
    if _REPEATED.search(bare):
        return True
    random = _WHOLE.fullmatch(bare) is not None and any(map(str.isdigit, bare))
    return not random and any(word in bare.lower() for word in _WORDS)


def judge_key(facts: Key) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_key(Key(set=False))[0].found
    'not set: the embedded server needs none'
    """
    if not facts.set:
        if facts.wanted:
            told = f"{VARIABLE} is not set, and RTNB_ENDPOINT=openai needs it"
            return [Finding("API key", "problem", told, "Set it before Jupyter is started, or unset RTNB_ENDPOINT.")]
        return [Finding("API key", "ok", "not set: the embedded server needs none")]
    again = f"Set {VARIABLE} anew, as the platform shows the key, and restart Jupyter."
    for wrong, told in (
        (facts.placeholder, "is a placeholder of some example, not a key"),
        (facts.quoted, "has quotation marks around it, which are sent along"),
        (facts.scheme, "begins with 'Bearer', which rtnb adds by itself"),
    ):
        if wrong:
            return [Finding("API key", "problem", f"{VARIABLE} {told}", again)]
    if facts.ephemeral:
        told = f"{VARIABLE} is a client secret (ek_): good for one session within minutes"
        return [Finding("API key", "note", told, f"For a notebook of your own set a key (sk-) in {VARIABLE}.")]
    if facts.spaces:
        told = f"{VARIABLE} has spaces or line breaks in it or around it; rtnb takes those around it off, others do not"
        return [Finding("API key", "note", told, again)]
    if not facts.plausible:
        told = f"{VARIABLE} is set, and does not look like a key (sk-, then letters and digits)"
        return [Finding("API key", "note", told, again)]
    return [Finding("API key", "ok", f"{VARIABLE} is set and looks like a key; it was not tried and is not shown")]


@dataclass(frozen=True, slots=True)
class Leaks:
    """Files of the folder that hold what looks like a key, by their names."""

    environment: tuple[str, ...] = ()
    """``.env`` and the like."""
    notebooks: tuple[str, ...] = ()
    ignored: bool = False
    """Whether ``.gitignore`` leaves ``.env`` out."""
    in_git: bool = False
    looked_at: int = 0
    more: bool = False
    """Whether there was too much to look at all of it."""


def leaks(
    folder: Path | None = None,
    *,
    most_files: int = MOST_FILES,
    most_bytes: int = MOST_IN_ALL,
    most_s: float = MOST_S,
    clock_s: Callable[[], float] = time.monotonic,
) -> Leaks:
    """Look into ``.env*`` and notebooks of a folder, not of those below it, until there was enough of it."""
    place = Path.cwd() if folder is None else folder
    environment: list[str] = []
    notebooks: list[str] = []
    until_s = clock_s() + most_s
    looked_at = 0
    # .env files first: they are small, and a folder may have many notebooks.
    files = sorted(_files(place), key=lambda path: path.suffix == ".ipynb")
    for file in files:
        if looked_at >= most_files or most_bytes <= 0 or clock_s() > until_s:
            break
        looked_at += 1
        try:
            found, read = _search(file, min(MOST_BYTES, most_bytes))
        except OSError:
            continue
        most_bytes -= read
        if found:
            (notebooks if file.suffix == ".ipynb" else environment).append(file.name)
    try:
        rules = (place / ".gitignore").read_text("utf-8", errors="replace").split()
    except OSError:
        rules = []
    ignored = any(rule.lstrip("/") in (".env", ".env*", "*.env", ".env.*") for rule in rules)
    in_git = any((parent / ".git").exists() for parent in (place, *place.parents))
    return Leaks(tuple(environment), tuple(notebooks), ignored, in_git, looked_at, looked_at < len(files))


def _search(file: Path, most: int) -> tuple[bool, int]:
    """Whether a file holds a key in its first bytes, and how many were read."""
    read, kept = 0, b""
    with file.open("rb") as stream:
        while read < most and (piece := stream.read(min(PIECE, most - read))):
            read += len(piece)
            kept += piece
            if _ANYWHERE.search(kept):
                return True, read
            kept = kept[-OVERLAP:]
    return False, read


def _files(place: Path) -> Iterator[Path]:
    try:
        names = sorted(place.iterdir())
    except OSError:
        return
    for path in names:
        if (path.name.startswith(".env") or path.suffix in (".env", ".ipynb")) and path.is_file():
            yield path


def judge_leaks(facts: Leaks) -> list[Finding]:
    """What they mean.

    Examples
    --------
    >>> judge_leaks(Leaks(notebooks=("talk.ipynb",)))[0].found
    'talk.ipynb holds what looks like a key'
    """
    found = []
    if facts.notebooks:
        verb = "holds" if len(facts.notebooks) == 1 else "hold"
        told = f"{', '.join(facts.notebooks)} {verb} what looks like a key"
        remedy = "Revoke the key on the platform, then clear it from the notebook: what was shared stays known."
        found.append(Finding("keys in files", "problem", told, remedy))
    if facts.environment:
        verb = "holds" if len(facts.environment) == 1 else "hold"
        told = f"{', '.join(facts.environment)} {verb} what looks like a key"
        if facts.in_git and not facts.ignored:
            found.append(Finding("keys in files", "note", f"{told}, and .gitignore does not leave it out",
                                 "Add .env to .gitignore before the next commit."))  # fmt: skip
        else:
            found.append(Finding("keys in files", "note", told, "Keep it out of what you share."))
    if not found:
        more = f"the first {facts.looked_at} files" if facts.more else "notebooks and .env files"
        found.append(Finding("keys in files", "ok", f"none in {more} of this folder"))
    return found
