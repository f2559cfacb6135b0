"""What is named somewhere exists: dotted names in code and prose, and the files that they speak of."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.names import resolves

ROOT = Path(__file__).parents[1]
TEXTS = sorted(
    [
        *(path for folder in ("rtnb", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")),
        *ROOT.glob("*.md"),
        *ROOT.glob("benchmarks/*.md"),
        *ROOT.glob("docs/guides/*.md"),
        *ROOT.glob("notebooks/*.ipynb"),
    ]
)
NAME = re.compile(r"\brtnb(?:\.[A-Za-z_]\w*)+")
FILE = re.compile(r"\b(?:rtnb|tests|tools|benchmarks|notebooks)/[\w/]+\.(?:py|json|ipynb|md|rtnb)\b")

NOTES = frozenset(
    json.loads((ROOT / "rtnb" / "protocol" / "explained" / "events.json").read_text(encoding="utf-8"))["local"]
)
"""What rtnb notes in a log has names of the same form; another test finds each of them in the source."""

LABELS = (
    frozenset({"rtnb.alike", "rtnb.websocket", "rtnb.session", "rtnb.unknown_host"})
    | frozenset({"rtnb.github.io", "rtnb.key"})
    | frozenset({"rtnb.recognizers", "rtnb.synthesizers", "rtnb.vad_engines", "rtnb.no_such_group"})
    | NOTES
)
"""An error handler of codecs, loggers, events, a host, and a file."""


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_and_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names = {name for name in NAME.findall(text) if not name.endswith(".rtnb")} - LABELS
    assert [name for name in sorted(names) if not resolves(name)] == []
    files = {name for name in FILE.findall(text) if "NN_" not in name}
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


def test_a_name_that_is_not_there_is_noticed() -> None:
    assert resolves("rtnb.pricing.bills.cost.Cost.total_usd") and resolves("rtnb.connect")
    assert not resolves("rtnb.pricing.recorded.hit_rate_of")
