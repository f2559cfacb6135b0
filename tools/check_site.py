"""Check the built documentation site: every link, anchor and picture, and that nothing is fetched from elsewhere.

Links to files of the repository on the code host, and to the site's own address, are looked up here, in the checkout
and in the site. Other addresses are listed; with ``--links`` they are asked, which needs a network.

Usage: python tools/check_site.py [--links] [FOLDER]     (build/docs)
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["Page", "check", "main", "read"]

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/rtnb/rtnb/"
SITE = "https://rtnb.github.io/rtnb/"

FETCHED = {"audio": "src", "embed": "src", "iframe": "src", "img": "src", "object": "data", "script": "src",
           "source": "src", "video": "src"}  # fmt: skip
"""What a browser loads by itself; links of style sheets and icons besides."""
LOADED_LINKS = {"icon", "manifest", "modulepreload", "preconnect", "preload", "stylesheet"}

TIMEOUT_S = 20


@dataclass
class Page(HTMLParser):
    """What a page refers to, and the anchors that it has."""

    path: Path
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    alone: list[str] = field(default_factory=list)
    """Pictures without words for those who cannot see them."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    __hash__ = object.__hash__

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name) and (name == "id" or tag == "a")}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.fetched.append(given.get("href", ""))
        if given.get(FETCHED.get(tag, "")):
            self.fetched.append(given[FETCHED[tag]])
        if tag in ("img", "source") and given.get("srcset"):
            self.fetched += [each.split()[0] for each in given["srcset"].split(",") if each.strip()]
        if tag == "img" and "alt" not in given:
            self.alone.append(given.get("src", "")[:80])


def read(path: Path) -> Page:
    """One page of the site."""
    page = Page(path)
    page.feed(path.read_text(encoding="utf-8"))
    return page


def check(folder: Path, root: Path = ROOT) -> tuple[list[str], dict[str, list[str]]]:
    """Problems, each with its page, and the addresses elsewhere with the pages that link to them.

    Parameters
    ----------
    folder : Path
        The built site.
    root : Path
        The checkout that links to the code host are looked up in.
    """
    folder = folder.resolve()
    pages = {path: read(path) for path in sorted(folder.rglob("*.html"))}
    problems, elsewhere = [], defaultdict(list)
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        for address in page.fetched:
            problem = _elsewhere(address) or _missing(address, path, folder, pages)
            problems += [f"{name}: {problem}"] if problem else []
        for address in dict.fromkeys(page.links):
            if address.startswith(REPOSITORY) and (problem := _missing_file(address, root)) is not None:
                problems += [f"{name}: {problem}"] if problem else []
            elif address.startswith(SITE):
                problem = _missing(address.removeprefix(SITE) or "index.html", folder / "index.html", folder, pages)
                problems += [f"{name}: {problem}"] if problem else []
            elif urlsplit(address).scheme in ("http", "https"):
                elsewhere[address.partition("#")[0]].append(name)
            elif problem := _missing(address, path, folder, pages):
                problems.append(f"{name}: {problem}")
        problems += [f"{name}: a picture without words: {source}" for source in page.alone]
    return problems, dict(elsewhere)


def _elsewhere(address: str) -> str:
    parts = urlsplit(address)
    return f"fetches {address}" if parts.netloc or parts.scheme not in ("", "data") else ""


def _missing(address: str, path: Path, folder: Path, pages: dict[Path, Page]) -> str:
    """Why an address within the site leads nowhere; empty where it leads somewhere."""
    parts = urlsplit(address)
    if parts.scheme in ("data", "mailto") or not address:
        return ""
    place = unquote(parts.path)
    target = (path.parent / place).resolve() if place else path
    target = target / "index.html" if target.is_dir() else target
    if not target.is_relative_to(folder) or not target.is_file():
        return f"{address} is not there"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return f"{address}: no such anchor"
    return ""


def _missing_file(address: str, root: Path) -> str | None:
    """Why a file of the repository is not there; empty where it is; None for addresses of other kinds."""
    kind, _, rest = urlsplit(address).path.removeprefix(urlsplit(REPOSITORY).path).partition("/")
    if kind not in ("blob", "tree", "edit", "raw"):
        return None
    target = root / unquote(rest.partition("/")[2])
    if not target.exists():
        return f"{address}: no such file in the repository"
    fragment = urlsplit(address).fragment
    if fragment.startswith("L") and target.is_file():
        last = int(fragment.rpartition("L")[2])
        if last > len(target.read_text(encoding="utf-8").splitlines()):
            return f"{address}: the file is shorter"
    return ""


def _dead(address: str) -> str:
    """Why an address elsewhere does not answer; empty where it does, or will not talk to programs."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0 (rtnb documentation link check)"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            return ""
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}" if error.code in (404, 410) else ""
    except (OSError, ValueError) as error:
        return str(error)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "docs")
    parser.add_argument("--links", action="store_true", help="ask the addresses elsewhere, too")
    options = parser.parse_args()
    problems, elsewhere = check(options.folder)
    if options.links:
        with ThreadPoolExecutor(8) as pool:
            answers = zip(elsewhere, pool.map(_dead, elsewhere), strict=True)
            problems += [f"{elsewhere[address][0]}: {address}: {why}" for address, why in answers if why]
    for problem in problems:
        print(problem, file=sys.stderr)
    pages = len(list(options.folder.rglob("*.html")))
    print(f"{pages} pages, {len(elsewhere)} addresses elsewhere, {len(problems)} problems")
    return 1 if problems or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
