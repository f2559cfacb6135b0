"""The README: its ten lines run, its prices are those of the tables, what it links and quotes is there."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.filming import length_s

import rtnb

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")

MOST_LINES = 190
MOST_FILM_BYTES, MOST_FILM_S = 1_500_000, 20


def section(heading: str) -> str:
    """What stands under a heading of the second order."""
    _, found, rest = TEXT.partition(f"\n## {heading}\n")
    assert found, f"the README has no section {heading!r}"
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def figures(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"\$(\d+(?:\.\d+)?)", text)]


def test_it_is_a_front_page() -> None:
    assert len(TEXT.splitlines()) <= MOST_LINES


def test_the_ten_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", section("Ten lines"), flags=re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) == 10
    monkeypatch.chdir(tmp_path)
    for name in ("question.wav", "call.wav"):
        rtnb.Clip.load(rtnb.sample("weather_question")).save(tmp_path / name)
    names: dict[str, Any] = {}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "README.md", "exec"), names)
        assert names["s"].status == "closed" and len(names["s"].turns) == 3
        assert names["s"].config["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 350
        assert len(rtnb.replay(tmp_path / "talk.rtnb").turns) == 3
    finally:
        rtnb.close_all()
        shutil.rmtree(tmp_path, ignore_errors=True)


def test_prices_are_those_of_the_tables() -> None:
    text = section("What it costs")
    (day,) = re.findall(r"list prices of (\d{4}-\d\d-\d\d)", text)
    table = rows(text)
    assert len(table) == 2
    for model, prices, talk in table:
        row = rtnb.pricing.at(model, day).record()
        assert figures(prices) == [float(row[f"audio_{kind}_usd"]) for kind in ("input", "cached", "output")]
        assert figures(talk) == [round(float(rtnb.pricing.project(10, model, on=day).total_usd), 2)]
    # Nothing has changed between that day and the day on which the prices were last looked up.
    assert date.fromisoformat(day) == rtnb.pricing.rate_book().checked


def test_what_is_reckoned_is_what_is_said() -> None:
    talk = rtnb.pricing.project(10, "gpt-realtime-2.1", on="2026-11-21")
    said = section("What it costs")
    assert f"{talk.turns} turns" in said
    assumed = talk.assumptions
    assert assumed.cache_hit_rate == 1 and assumed.transcription is None
    assert abs(assumed.talk_share * assumed.user_share - 1 / 3) < 0.05


def test_the_recorded_talk_comes_to_what_is_said() -> None:
    assumed = rtnb.pricing.calibrate(rtnb.replay(ROOT / "notebooks" / "data" / "ten_minutes.rtnb")).assumptions
    total = rtnb.pricing.project(10, "gpt-realtime-2.1", assumptions=assumed, on="2026-11-21").total_usd
    assert f"come to ${total:.2f} on gpt-realtime-2.1" in section("What it costs")


def test_badges_open_notebooks_that_are_there() -> None:
    badges = re.findall(r"https://mybinder\.org/v2/gh/rtnb/rtnb/HEAD\?[^)\s]+", TEXT)
    assert len(badges) == 5
    for badge in badges:
        (place,) = parse_qs(urlsplit(badge).query)["urlpath"]
        assert place.startswith("lab/tree/") and (ROOT / place.removeprefix("lab/tree/")).is_file(), place


def test_pictures_are_there_in_both_themes() -> None:
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', TEXT)
    for path in shown:
        assert (ROOT / path).is_file(), path
    assert {path.replace("light", "dark") for path in shown if "light" in path} == {p for p in shown if "dark" in p}
    assert all(alt for alt in re.findall(r'<img [^>]*alt="([^"]*)"', TEXT)) and TEXT.count("<img ") == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_film_is_short_and_small(theme: str) -> None:
    film = ROOT / "docs" / "images" / f"readme-talk-{theme}.webp"
    assert film.stat().st_size <= MOST_FILM_BYTES
    assert 8 <= length_s(film) <= MOST_FILM_S


def test_commands_are_there() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z]+)\b", section("Two commands"))) == {"demo", "test", "lab"} <= {*targets}


def test_alternatives_are_dated_and_each_has_a_source() -> None:
    text = section("Alternatives")
    assert re.search(r"^As of \d{4}-\d\d-\d\d, ", text.strip())
    for tool, better, instead in rows(text):
        assert "https://" in tool and better and instead


def test_symptoms_are_in_the_page_about_them() -> None:
    page = (ROOT / "docs" / "guides" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = [
        found for symptom, _ in rows(section("When something goes wrong")) for found in re.findall("`(.*?)`", symptom)
    ]
    assert len(quoted) >= 4
    assert [message for message in quoted if message.rstrip("… ") not in page] == []


def test_extras_are_those_there_are() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    told = {name for extra, *_ in rows(section("What is installed")) for name in re.findall("`(.*?)`", extra)}
    assert told == {*extras} - {"test", "docs"}
