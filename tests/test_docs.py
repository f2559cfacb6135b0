"""The pages in docs/: their links lead somewhere, and what they show can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rtnb.cli import main
from rtnb.server.faults import Faults

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as code hosts make them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for place, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = page.parent / place if place else page
        assert target.exists(), place
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{place}#{anchor}"


def test_options_of_serving_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) | {"--expect", "--no-deps"}
    shown = set(re.findall(r"--[a-z][a-z-]+", (ROOT / "docs" / "guides" / "serving.md").read_text(encoding="utf-8")))
    assert shown <= known, shown - known


def test_the_plan_of_failures_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guides" / "serving.md").read_text(encoding="utf-8")
    (plan,) = re.findall(r"^```yaml\n(seed: .*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    file = tmp_path / "faults.yaml"
    file.write_text(plan, encoding="utf-8")
    assert len(Faults.load(file).faults) == plan.count("  - {")
