"""Keys: judged without being shown, not in part."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.checkup.keys import Key, judge_key, judge_leaks, key, leaks

KEY = "sk-proj-Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA"


@pytest.mark.parametrize(
    ("value", "verdict", "words"),
    [
        ("", "ok", "needs none"),
        ("   ", "ok", "needs none"),
        (KEY, "ok", "looks like a key"),
        (f'"{KEY}"', "problem", "quotation marks"),
        (f"“{KEY}”", "problem", "quotation marks"),
        (f"Bearer {KEY}", "problem", "Bearer"),
        ("sk-your-key-here", "problem", "placeholder"),
        ("sk-...", "problem", "placeholder"),
        (f"{KEY}\n", "note", "spaces"),
        (f"{KEY[:9]} {KEY[9:]}", "note", "spaces"),
        ("ek_68af296e8e408191a1120ab6383263c2", "note", "client secret"),
        ("hunter2", "note", "does not look like"),
        ("sk-your-key-goes-right-here", "problem", "placeholder"),
        ("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxxx1", "problem", "placeholder"),
        # Random characters that happen to spell a word.
        ("sk-proj-Ab3dYoUrgH9jK2mN5pQ8rS1tU4vW7xY0zA3b", "ok", "looks like a key"),
        ("sk-proj-Ab3dXxxxgH9jK2mN5pQ8rS1tU4vW7xY0zA3b", "ok", "looks like a key"),
    ],
)
def test_values(value: str, verdict: str, words: str) -> None:
    (finding,) = judge_key(key({"OPENAI_API_KEY": value}))
    assert finding.verdict == verdict and words in finding.found


def test_the_api_is_named_and_there_is_no_key() -> None:
    assert judge_key(key({"RTNB_ENDPOINT": "openai"}))[0].verdict == "problem"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12))
def test_nothing_of_a_value_is_told(value: str) -> None:
    facts = key({"OPENAI_API_KEY": value})
    assert all(isinstance(getattr(facts, name), bool) for name in Key.__slots__)
    told = repr((facts, judge_key(facts)))
    assert value not in told and value[:8] not in told and value[-8:] not in told


def test_files_are_named_and_their_keys_are_not(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
    (tmp_path / ".env.example").write_text("OPENAI_API_KEY=sk-your-key-goes-right-here\n")
    (tmp_path / "talk.ipynb").write_text(f'{{"cells": [{{"source": "key = \\"{KEY}\\""}}]}}')
    (tmp_path / "clean.ipynb").write_text('{"cells": [{"source": "task-12345678901234567890123"}]}')
    (tmp_path / "notes.txt").write_text(KEY)
    facts = leaks(tmp_path)
    assert (facts.environment, facts.notebooks) == ((".env",), ("talk.ipynb",))
    notebook, environment = judge_leaks(facts)
    assert (notebook.verdict, environment.verdict) == ("problem", "note")
    assert "Revoke" in notebook.remedy
    assert KEY[8:] not in repr((facts, notebook, environment))


def test_git_and_what_it_ignores(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env").write_text(KEY)
    (finding,) = judge_leaks(leaks(tmp_path))
    assert "gitignore" in finding.found and finding.verdict == "note"
    (tmp_path / ".gitignore").write_text("*.pyc\n.env\n")
    assert "gitignore" not in judge_leaks(leaks(tmp_path))[0].found


def test_nothing_is_there(tmp_path: Path) -> None:
    assert judge_leaks(leaks(tmp_path))[0].verdict == "ok"
    assert judge_leaks(leaks(tmp_path / "nowhere"))[0].verdict == "ok"


def test_large_folders_are_read_up_to_a_limit(tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / f"talk{n}.ipynb").write_bytes(b"." * 1000)
    (tmp_path / "z.env").write_text(KEY)
    facts = leaks(tmp_path, most_bytes=2500)
    # The small ones come first, whatever their names are.
    assert facts.environment == ("z.env",) and facts.looked_at == 4 and facts.more
    (tmp_path / "z.env").unlink()
    assert "the first 3 files" in judge_leaks(leaks(tmp_path, most_bytes=2500))[0].found
    assert leaks(tmp_path, most_files=5).more is False
    times = iter([0.0, 1.0, 2.0, 9.0])
    facts = leaks(tmp_path, most_s=5, clock_s=lambda: next(times))
    assert facts.looked_at == 2 and facts.more


@pytest.mark.parametrize("before", [(1 << 20) - 10, (1 << 20) - len(KEY), 1 << 20])
def test_a_key_between_two_pieces_is_found(tmp_path: Path, before: int) -> None:
    (tmp_path / "talk.ipynb").write_bytes(b"." * before + KEY.encode() + b"." * 100)
    assert leaks(tmp_path).notebooks == ("talk.ipynb",)
