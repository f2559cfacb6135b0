"""The built site: complete, with links that lead somewhere, and readable in both themes and on a phone."""

from __future__ import annotations

import functools
import re
import threading
import zlib
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import check_site
import contents
import public
import pytest
from support.require import require_command, require_module

from rtnb.plots.palette import BACKGROUND, TEXT, contrast

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.docs

MOST_BYTES = 60_000_000
PAGES = [
    "index.html",
    "tutorials/00_quickstart.html",
    "tutorials/06_what_it_costs.html",
    "guides/serving.html",
    "reference/session.html",
    "reference/cli.html",
    "reference/events.html",
    "explanation/architecture.html",
]


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


def inventory(site: Path) -> dict[str, str]:
    """Documented names and the pages that they are on, as other projects' sites read them."""
    raw = (site / "objects.inv").read_bytes()
    lines = zlib.decompress(raw.split(b"\n", 4)[4]).decode().splitlines()
    return {line.split()[0]: line.split()[3] for line in lines if line.split()[1].startswith("py:")}


def test_every_link_and_picture_leads_somewhere(site: Path) -> None:
    problems, elsewhere = check_site.check(site)
    assert problems == []
    assert not [address for address in elsewhere if not address.startswith("http")]


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="other.html#here">x</a><a href="other.html#gone">x</a><a href="no.html">x</a><img src="no.png" alt="">'
        '<a href="https://github.com/rtnb/rtnb/blob/main/no.md">x</a><script src="https://cdn.example.org/x.js"></script>'
        '<a href="https://github.com/rtnb/rtnb/blob/main/LICENSE#L1-L999">x</a>'
        '<a href="https://rtnb.github.io/rtnb/other.html">x</a><a href="https://rtnb.github.io/rtnb/no.html">x</a>'
        '<img src="data:image/png;base64,AA==">'
    )
    (tmp_path / "other.html").write_text('<p id="here"></p>')
    problems, elsewhere = check_site.check(tmp_path)
    assert [problem.removeprefix("index.html: ") for problem in problems] == [
        "no.png is not there",
        "fetches https://cdn.example.org/x.js",
        "other.html#gone: no such anchor",
        "no.html is not there",
        "https://github.com/rtnb/rtnb/blob/main/no.md: no such file in the repository",
        "https://github.com/rtnb/rtnb/blob/main/LICENSE#L1-L999: the file is shorter",
        "no.html is not there",
        "a picture without words: data:image/png;base64,AA==",
    ]
    assert elsewhere == {}


def test_every_public_name_has_an_entry(site: Path) -> None:
    known = inventory(site)
    wanted = {f"{module}.{name}" for module in public.MODULES for name in public.names_of(module)} - set(public.MODULES)
    assert wanted - set(known) == set()
    for name in ("ask", "send", "stream", "update", "interrupt", "save", "timeline", "usage"):
        assert known[f"rtnb.Session.{name}"].startswith("reference/session.html")
        assert f"rtnb.AsyncSession.{name}" in known


def test_every_part_is_on_the_front_door(site: Path) -> None:
    front = (site / "index.html").read_text(encoding="utf-8")
    for caption, pages in contents.PARTS.items():
        assert caption in front
        for page in pages:
            assert "*" in page or f'href="{page}.html"' in front, page


def test_amounts_are_text_and_nothing_makes_formulas_of_them(site: Path) -> None:
    page = site / "tutorials" / "06_what_it_costs.html"
    assert len(re.findall(r"\$\d+\.\d\d", text_of(page))) > 20
    for each in site.rglob("*.html"):
        source = each.read_text(encoding="utf-8")
        assert not re.search(r"<script[^>]*mathjax", source, flags=re.IGNORECASE), each.name
        assert 'class="math' not in source, each.name


def test_notebooks_show_what_they_have_stored(site: Path) -> None:
    source = (site / "tutorials" / "00_quickstart.html").read_text(encoding="utf-8")
    assert source.count("<audio") >= 3
    assert source.count("data:image/svg+xml") + source.count("data:image/png") >= 3
    assert "application/vnd.jupyter.widget" not in source
    assert "require.js" not in source


def test_no_place_of_the_machine_is_in_it(site: Path) -> None:
    root = str(Path(__file__).parents[2])
    found = [path.name for path in site.rglob("*.html") if root in path.read_text(encoding="utf-8")]
    assert found == []


def test_signatures_show_no_addresses_in_memory(site: Path) -> None:
    for page in (site / "reference").glob("*.html"):
        assert not re.findall(r".{60} at 0x[0-9a-f]{6,}", text_of(page)), page.name


def test_it_is_small_enough(site: Path) -> None:
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < MOST_BYTES
    assert (site / "searchindex.js").stat().st_size < 3_000_000


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing on stderr."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require_module("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=require_command("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, address: str, theme: str, *, width: int = 1280) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(address)
    page.wait_for_load_state("load")
    return page


GROUND = "getComputedStyle(document.body).backgroundColor"
HEX = "([r, g, b]) => '#' + [r, g, b].map(v => (+v).toString(16).padStart(2, '0')).join('')"
INK = f"({HEX})({GROUND}.match(/\\d+/g).slice(0, 3))"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_follow_the_theme(browser: Browser, address: str, theme: str) -> None:
    page = opened(browser, f"{address}/tutorials/00_quickstart.html", theme)
    assert page.evaluate(INK) == getattr(BACKGROUND, theme)
    # The cards of the notebook ask for the scheme of the page; their words must stand out on it.
    told = page.evaluate(
        """() => { const card = document.querySelector('.cell_output section[style*="border"]');
            const style = getComputedStyle(card);
            return [style.color, style.backgroundColor].map(c => c.match(/\\d+/g).slice(0, 3).map(Number)); }"""
    )
    ink, ground = ("#" + "".join(f"{value:02x}" for value in colour) for colour in told)
    assert ground == getattr(BACKGROUND, theme) and ink == getattr(TEXT, theme)
    assert contrast(ink, ground) > 7
    page.close()


def test_the_button_for_the_theme_goes_before_the_system(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/index.html", "light")
    shown = "[...document.querySelectorAll('article img')].filter(e => e.offsetParent).map(e => e.className)"
    assert {*page.evaluate(shown)} == {"only-light"}
    for _ in range(3):
        page.locator("button.theme-toggle:visible").first.click()
        if page.evaluate(INK) == BACKGROUND.dark:
            break
    assert page.evaluate(INK) == BACKGROUND.dark
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert {*page.evaluate(shown)} == {"only-dark"}
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_scrolling_sideways(browser: Browser, address: str, name: str) -> None:
    page = opened(browser, f"{address}/{name}", "light", width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_nothing_is_fetched_from_elsewhere(browser: Browser, address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    for name in PAGES:
        page.goto(f"{address}/{name}")
        page.wait_for_load_state("load")
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    # A player that is left before it has read its sound is no failure.
    assert [url for url in failed if not url.startswith("data:audio")] == []
    page.close()


def test_the_search_finds_names_and_words(browser: Browser, address: str) -> None:
    page = opened(browser, f"{address}/search.html?q=silence_baseline", "light")
    page.wait_for_selector("ul.search li a")
    found = page.locator("ul.search li a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert any(link.startswith("reference/vad.html") for link in found)
    page.goto(f"{address}/search.html?q=interrupt")
    page.wait_for_selector("ul.search li a")
    assert page.locator("ul.search li").count() > 5
    page.close()
