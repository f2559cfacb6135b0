"""Findings and the report of them."""

from __future__ import annotations

import json

import pytest

from rtnb._display import bundle
from rtnb.checkup.report import VERDICTS, Finding, Report


@pytest.fixture
def report() -> Report:
    made = Report(["kernel", "page", "audio"])
    made.add("audio", [Finding("audio files", "problem", "MP3 fails", "pip install soundfile")])
    made.add("kernel", (), part="second")
    made.add("kernel", (), part="third")
    made.add("kernel", [Finding("kernelspecs", "note", "none")], part="third")
    made.add("kernel", [Finding("ipykernel", "ok", "7.4.0")], part="second")
    return made


def test_groups_and_parts_keep_their_order_whatever_comes_first(report: Report) -> None:
    assert list(report.groups) == ["kernel", "page", "audio"]
    assert [finding.check for finding in report.findings] == ["ipykernel", "kernelspecs", "audio files"]


def test_a_part_is_replaced(report: Report) -> None:
    report.add("page", [Finding("live check", "skipped", "waiting")])
    report.add("page", [Finding("live check", "ok", "5 ms"), Finding("sound", "ok", "48 kHz")])
    assert [finding.found for finding in report.groups["page"]] == ["5 ms", "48 kHz"]


def test_only_problems_count(report: Report) -> None:
    assert not report.ok
    assert [len(report.problems), len(report.notes)] == [1, 1]
    report.add("audio", [])
    assert report.ok and report.headline == "1 note, 1 ok"


def test_plain_data(report: Report) -> None:
    found = json.loads(report.to_json())
    assert found["ok"] is False
    assert found["findings"][2] == {
        "group": "audio",
        "check": "audio files",
        "verdict": "problem",
        "found": "MP3 fails",
        "remedy": "pip install soundfile",
    }
    assert {row["verdict"] for row in report.records()} <= set(VERDICTS)


def test_a_notebook_gets_text_and_a_card(report: Report) -> None:
    shown = bundle(report)
    for words in ("MP3 fails", "pip install soundfile", "1 problem, 1 note, 1 ok"):
        assert words in shown["text/html"]
        assert words.capitalize() in shown["text/plain"] or words in shown["text/plain"]
