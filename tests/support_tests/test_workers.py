from __future__ import annotations

from support.workers import OneBrowser


def test_browsers_follow_one_another_and_the_rest_goes_by_file() -> None:
    scopes = OneBrowser.__new__(OneBrowser)
    browser = {scopes._split_scope(f"tests/browser/test_{name}.py::test_it[a]") for name in ("console", "timeline")}
    assert browser == {"tests/browser"}
    assert scopes._split_scope("tests/audio/test_clip.py::TestClip::test_it") == "tests/audio/test_clip.py"
