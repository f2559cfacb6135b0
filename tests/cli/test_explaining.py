"""``rtnb explain``."""

from __future__ import annotations

from support.command import Command


def test_a_name_is_explained(run: Command) -> None:
    printed = run("explain", "cannot_update_voice")
    assert (printed.status, printed.err) == (0, "")
    assert "voice is locked" in printed.out and "What to do" not in printed.out


def test_json_for_programs(run: Command) -> None:
    found = run("explain", "--json", "conversation.item.truncate").data
    assert found["kind"] == "client event" and "audio_end_ms" in found["members"]


def test_an_error_may_come_without_quotes(run: Command) -> None:
    assert "benign" in run("explain", *["Cancellation", "failed:", "no", "active", "response", "found"]).out


def test_the_unknown_gets_a_hint(run: Command) -> None:
    printed = run("explain", "respnse.done")
    assert (printed.status, printed.out) == (1, "") and "response.done" in printed.err
