"""What the site is made of: links as the site needs them, blocks, and that nothing is left out. Builds nothing."""

from __future__ import annotations

import re
from pathlib import Path

import blocks
import contents
import public
import pytest
import sources

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "guides" / "turn_detection.md"
QUICKSTART = ROOT / "notebooks" / "00_quickstart.ipynb"


def pages() -> set[str]:
    return {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")} - {"index"}


def test_every_page_has_its_place() -> None:
    placed = {page for pages_of_part in contents.PARTS.values() for page in pages_of_part if "*" not in page}
    assert placed == {page for page in pages() if not page.startswith("tutorials/")}


def test_every_public_name_is_in_the_reference_once() -> None:
    listed: dict[str, list[str]] = {module: [] for module in public.MODULES}
    for path in (DOCS / "reference").glob("*.md"):
        for block in blocks.BLOCK.finditer(path.read_text(encoding="utf-8")):
            if block["kind"] == "names" and block["about"] in listed:
                listed[block["about"]] += [name for name in block["inside"].split() if "." not in name]
    for module, names in listed.items():
        modules = {name for name in public.names_of(module) if f"{module}.{name}" in public.MODULES}
        assert sorted(names) == sorted(set(public.names_of(module)) - modules), module


def test_every_command_and_every_event_is_in_the_reference() -> None:
    told: dict[str, list[str]] = {"options": [], "events": []}
    for path in (DOCS / "reference").glob("*.md"):
        for block in blocks.BLOCK.finditer(path.read_text(encoding="utf-8")):
            told.setdefault(block["kind"], []).append(block["about"])
    assert sorted(told["options"]) == sorted(blocks.commands())
    assert sorted(told["events"]) == sorted(name for name, said in blocks.EVENTS.items() if isinstance(said, dict))


def test_every_environment_variable_is_told() -> None:
    page = (DOCS / "reference" / "environment.md").read_text(encoding="utf-8")
    used = set()
    for path in (ROOT / "rtnb").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"\bRTNB_[A-Z][A-Z_]*[A-Z]\b", text))
        used |= set(re.findall(r'"((?:OPENAI|PROMETHEUS|REALTIME)_[A-Z_]*[A-Z])"', text)) - {"OPENAI_URL"}
    told = set(re.findall(r"`([A-Z][A-Z_]+)`", page))
    assert used - told == set()
    assert {name for name in told if name.startswith("RTNB_")} <= used


def test_the_events_are_told_in_full() -> None:
    text = blocks.filled("```{events} server\n```")
    assert "### `response.output_audio.delta`" in text
    assert "**Beta name:** `response.audio.delta`" in text
    assert "[`response.output_audio.done`](#event-server-response-output-audio-done)" in text
    assert "(event-server-response-output-audio-done)=" in text


def test_options_come_from_the_program() -> None:
    text = blocks.filled("```{options} serve\n```")
    assert re.search(r"\| `--port \w+` \| .*8765", text)
    assert "--help" not in text.replace("rtnb serve --help", "").split("| --- |", 1)[1]


@pytest.mark.parametrize(
    ("written", "link", "expected"),
    [
        (GUIDE, "serving.md#limits", "serving.md#limits"),
        (GUIDE, "../../notebooks/00_quickstart.ipynb", "../tutorials/00_quickstart.ipynb"),
        (GUIDE, "../../examples/ci_agent", f"{sources.REPOSITORY}/tree/main/examples/ci_agent"),
        (GUIDE, "../../LICENSE", f"{sources.REPOSITORY}/blob/main/LICENSE"),
        (GUIDE, "https://example.org/x.md", "https://example.org/x.md"),
        (GUIDE, "no_such_file.md", "no_such_file.md"),
        (QUICKSTART, "03_turn_detection.ipynb", "03_turn_detection.ipynb"),
        (QUICKSTART, "../docs/guides/widgets.md#the-console", "../guides/widgets.md#the-console"),
        (QUICKSTART, "data/ten_minutes.rtnb", f"{sources.REPOSITORY}/blob/main/notebooks/data/ten_minutes.rtnb"),
    ],
)
def test_links_lead_where_the_site_has_it(written: Path, link: str, expected: str) -> None:
    built = DOCS / "tutorials" / written.name if written.suffix == ".ipynb" else written
    assert sources.readable(f"[x]({link})", written, built) == f"[x]({expected})"


def test_links_in_html_lead_to_pages() -> None:
    text = sources.readable('<a href="serving.md#limits">x</a>', GUIDE, GUIDE)
    assert text == '<a href="serving.html#limits">x</a>'


def test_code_stays_as_it_is() -> None:
    text = "`[x](../../LICENSE)`\n\n```md\n[x](../../LICENSE)\n```\n"
    assert sources.readable(text, GUIDE, GUIDE) == text


def test_badges_of_other_hosts_become_words() -> None:
    text = "[![Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/rtnb/rtnb/HEAD)"
    assert sources.readable(text, GUIDE, GUIDE) == "[Binder](https://mybinder.org/v2/gh/rtnb/rtnb/HEAD)"


def test_a_picture_in_two_themes_becomes_two() -> None:
    markup = (
        '<picture>\n<source srcset="a-dark.png">\n<img src="a-light.png" alt="what it\n shows" width="9">\n</picture>'
    )
    text = sources.readable(markup, GUIDE, GUIDE)
    assert re.findall(r"```\{image\} (\S+)\n:class: (\S+)\n:alt: (.*)\n```", text) == [
        ("a-light.png", "only-light", "what it shows"),
        ("a-dark.png", "only-dark", "what it shows"),
    ]
    with pytest.raises(ValueError, match="alt"):
        sources.readable('<picture><source srcset="a.png"><img src="b.png"></picture>', GUIDE, GUIDE)


def test_names_that_go_through_their_modules_are_found() -> None:
    assert public.public_name("rtnb.session.facade.Session.ask") == "rtnb.Session.ask"
    assert public.public_name("rtnb.vad.DetectorTuning") == "rtnb.DetectorTuning"
    assert public.public_name("rtnb.Session.no_such_verb") is None
    assert public.public_name("rtnb.vad.cache") == "rtnb.vad.cache"


def test_sources_on_the_code_host_have_lines() -> None:
    address = sources.code_address("py", {"module": "rtnb", "fullname": "Session.timeline"})
    assert address is not None
    place, first, last = re.fullmatch(r".*/blob/main/(\S+)#L(\d+)-L(\d+)", address).groups()  # type: ignore[union-attr]
    lines = (ROOT / place).read_text(encoding="utf-8").splitlines()[int(first) - 1 : int(last)]
    assert any("def timeline" in line for line in lines)
