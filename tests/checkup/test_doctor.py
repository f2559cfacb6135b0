"""``rtnb.doctor()``, its text and its card; in a script, and in a real kernel."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from support.kernel import Kernel
from support.markup import assert_harmless, read

import rtnb
import rtnb.checkup
from rtnb.checkup.card import report_card
from rtnb.checkup.plan import GROUPS, plan
from rtnb.checkup.report import Finding, Report
from rtnb.checkup.text import report_text

KEY = "sk-proj-Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA"


def test_a_script_gets_the_report_and_no_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    report = rtnb.doctor(quick=True, offline=True)
    assert capsys.readouterr().out == ""
    assert report.done and report.seconds > 0
    # Page: nobody shows one. All others say something.
    assert {group for group, found in report.groups.items() if not found} == {"page"}
    for told in (repr(report), report.to_json(), str(report_card(report))):
        assert KEY not in told and KEY[8:20] not in told and KEY[-8:] not in told


def test_the_function_is_not_hidden_by_its_rooms() -> None:
    import rtnb.checkup.doctor

    assert callable(rtnb.doctor)


def test_every_check_has_a_heading_and_a_name_of_its_own() -> None:
    checks = plan()
    assert {check.group for check in checks} | {"page"} == set(GROUPS)
    assert len({check.name for check in checks}) == len(checks)


def test_text_and_card_say_the_same_and_are_harmless() -> None:
    report = Report(GROUPS)
    report.add("kernel", [Finding("kernelspecs", "problem", "<script>alert(1)</script> \x1b[2J", "rm & go")])
    text = report_text(report, width=60)
    assert "\x1b" not in text and "> rm & go" in text and max(map(len, text.splitlines())) <= 60
    markup = str(report_card(report))
    assert_harmless(markup)
    assert "<script>" in read(report_card(report)).text()


@pytest.mark.parametrize(
    ("error", "verdict", "words"),
    [
        (ImportError("No module named 'anywidget'"), "skipped", "not installed here"),
        (TypeError("secret"), "problem", "it failed: TypeError (test_doctor.py"),
        (OSError(9, "Bad file descriptor"), "problem", "Bad file descriptor"),
    ],
)
def test_only_a_missing_package_is_called_missing(
    monkeypatch: pytest.MonkeyPatch, error: Exception, verdict: str, words: str
) -> None:
    def probe(answered: object) -> None:
        raise error

    module = importlib.import_module("rtnb.checkup.doctor")
    monkeypatch.setattr(module, "PageProbe", probe)
    report = Report(GROUPS)
    module._Asked(report, None).wait()
    (finding,) = report.groups["page"]
    assert (finding.check, finding.verdict) == ("live check", verdict)
    assert words in finding.found and "secret" not in finding.found


@pytest.mark.kernel
def test_a_kernel_shows_one_card_that_needs_no_page(tmp_path: Path) -> None:
    with Kernel(tmp_path) as kernel:
        cell = kernel.run("report = rtnb.doctor(quick=True, offline=True)\nreport", timeout_s=60)
        assert not cell.error, cell.said
        cards = [output for output in cell.outputs if "text/html" in output and "Doctor" in output["text/html"]]
        assert len(cards) == 1 and cell.result == ""
        assert "looking" in cards[0]["text/html"]
        assert "kernel's Python" in cell.updates[-1]["text/html"] or any(
            "kernel&#x27;s Python" in update.get("text/html", "") for update in cell.updates
        )
        found = json.loads(kernel.run("import json; print(json.dumps(report.records()))").printed)
        assert {row["verdict"] for row in found if row["group"] == "page"} == {"skipped"}
        assert kernel.run("report").outputs or kernel.run("report").result
