"""Where pages come from, and where what they link to is found: in the site, or in the repository."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path

__all__ = ["BASES", "BRANCH", "DOCS", "REPOSITORY", "ROOT", "SITE", "code_address", "readable", "repository_address"]

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
NOTEBOOKS = ROOT / "notebooks"
TUTORIALS = DOCS / "tutorials"
"""Copies of the notebooks, made anew by every build."""

REPOSITORY = "https://github.com/rtnb/rtnb"
BRANCH = "main"
SITE = "https://rtnb.github.io/rtnb/"

BASES = ("object", "ABC", "Exception", "Mapping", "Protocol", "Sequence", "dict", "list", "str", "tuple")
"""What these bring to our classes is not ours to document."""

_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*~*[ \t]*$", flags=re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`+[^`\n]+`+")
_LINK = re.compile(r"(?<=\]\()(?P<to>[^)\s]+)(?=(?: \"[^\"]*\")?\))")
_FOREIGN_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(https?:[^)]*\)")
_PICTURE = re.compile(r"<picture>(.*?)</picture>", flags=re.DOTALL)
_ATTRIBUTE = re.compile(r"""(?P<before>\b(?:href|src)=")(?P<to>[^"]+)(?=")""")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", flags=re.IGNORECASE)


def repository_address(path: Path) -> str:
    """Of a file or folder of the checkout, on the code host."""
    kind = "tree" if path.is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/{BRANCH}/{path.relative_to(ROOT).as_posix()}"


def readable(text: str, written: Path, built: Path) -> str:
    """A page as the site needs it; in the repository it reads on the code host.

    Links to notebooks lead to their pages, links to other files of the repository to the code host. Pictures in two
    themes become two images, of which the theme shows one. Pictures of other hosts become their words: the site
    fetches nothing. Code stays as it is.

    Parameters
    ----------
    text : str
        Markdown.
    written, built : Path
        The file as its links mean it, and the one that the site is built from.
    """

    def outside(markdown: str) -> str:
        markdown = _PICTURE.sub(lambda found: _two_images(found[1]), markdown)
        markdown = _FOREIGN_IMAGE.sub(lambda found: found["alt"], markdown)
        markdown = _LINK.sub(lambda found: _target(found["to"], written, built), markdown)
        return _ATTRIBUTE.sub(lambda found: found["before"] + _page(_target(found["to"], written, built)), markdown)

    return _apart(text, _FENCE, lambda part: _apart(part, _CODE, outside))


def _apart(text: str, kept: re.Pattern[str], change: Callable[[str], str]) -> str:
    """`text` changed outside of what `kept` finds."""
    parts, at = [], 0
    for found in kept.finditer(text):
        parts += [change(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*parts, change(text[at:])])


def _target(link: str, written: Path, built: Path) -> str:
    if _OUTSIDE.match(link):
        return link
    place, hash_, anchor = link.partition("#")
    target = Path(os.path.normpath(written.parent / place))
    if not target.exists() or not target.is_relative_to(ROOT):
        return link
    if target.is_relative_to(NOTEBOOKS) and target.suffix == ".ipynb":
        target = TUTORIALS / target.relative_to(NOTEBOOKS)
    elif not target.is_relative_to(DOCS) or target.is_dir():
        return repository_address(target) + hash_ + anchor
    return Path(os.path.relpath(target, built.parent)).as_posix() + hash_ + anchor


def _page(link: str) -> str:
    """In HTML of our own nobody turns the name of a source into that of a page."""
    return link if _OUTSIDE.match(link) else re.sub(r"\.(?:md|ipynb)(?=#|$)", ".html", link)


def _two_images(markup: str) -> str:
    """The light and the dark picture of a ``<picture>``."""
    dark = re.search(r'srcset="([^"]+)"', markup)
    light = re.search(r'<img[^>]* src="([^"]+)"', markup)
    alt = re.search(r'alt="([^"]*)"', markup)
    if not (dark and light and alt):
        raise ValueError(f"a picture needs srcset, src and alt: {markup.strip()[:200]}")
    return "\n".join(
        f"```{{image}} {source[1]}\n:class: {shown}\n:alt: {' '.join(alt[1].split())}\n```\n"
        for source, shown in ((light, "only-light"), (dark, "only-dark"))
    )


@functools.cache
def _object(module: str, name: str) -> object | None:
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part, None) if inspect.isclass(found) else getattr(found, part, None)
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, classmethod | staticmethod):
        found = found.__func__
    return inspect.unwrap(found) if callable(found) else None


def code_address(domain: str, info: dict[str, str]) -> str | None:
    """Where on the code host something is defined; None for what has no lines of its own."""
    if domain != "py" or not info["module"]:
        return None
    found = _object(info["module"], info["fullname"])
    try:
        file, (lines, first) = inspect.getsourcefile(found), inspect.getsourcelines(found)  # type: ignore[arg-type]
    except (OSError, TypeError):
        return None
    if file is None or not Path(file).resolve().is_relative_to(ROOT):
        return None
    return f"{repository_address(Path(file).resolve())}#L{first}-L{first + len(lines) - 1}"
