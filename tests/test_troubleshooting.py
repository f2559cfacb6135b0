"""docs/guides/troubleshooting.md: every message, code, name and command in it exists, and it has what users meet."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.names import resolves

import rtnb
from rtnb.protocol.faults import fault_rows

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guides" / "troubleshooting.md"
TEXT = PAGE.read_text(encoding="utf-8")

PARTS = ("- **Why.** ", "- **rtnb** ", "- **You.** ")

FOREIGN = (
    "TypeError: create_connection() got an unexpected keyword argument 'extra_headers'",
    "TypeError: create_connection() got an unexpected keyword argument 'additional_headers'",
    "sent 1009 (message too big) frame with 1048576 bytes limit exceeded",
    "RuntimeError: asyncio.run() cannot be called from a running event loop",
    "OSError: PortAudio library not found",
    "PortAudioError: Error querying device -1",
    "Error displaying widget: model not found",
)
"""Messages of other programs: websockets, Python, sounddevice, JupyterLab."""

CAPTURED = frozenset(
    {
        "conversation_already_has_active_response",
        "response_cancel_not_active",
        "input_audio_buffer_commit_empty",
        "invalid_value",
        "unsupported_content_type",
        "item_truncate_invalid_item_id",
        "item_delete_invalid_item_id",
        "item_retrieve_invalid_item_id",
        "item_not_found",
        "cannot_update_voice",
        "unknown_parameter",
        "missing_required_parameter",
        "invalid_type",
        "beta_api_shape_disabled",
        "session_expired",
        "invalid_tool_call_id",
        "rate_limit_exceeded",
        "server_error",
        "insufficient_quota",
        "invalid_api_key",
        "model_not_found",
    }
)
"""Codes that the live service, or clients written for it, are known to have met."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One section: its heading, what is seen, and the three things said of it."""

    title: str
    seen: str
    said: tuple[str, ...]

    @property
    def messages(self) -> list[str]:
        """What is quoted as printed, at the beginning of a line or in a list of such."""
        lines = [line for line in self.seen.splitlines() if line.startswith("`")]
        return [quoted for line in lines for quoted in re.findall(r"`([^`]+)`", re.sub(r"\([^()]*`[^()]*\)", "", line))]

    @property
    def codes(self) -> list[str]:
        """Names and numbers in brackets behind a message."""
        brackets = re.findall(r"\(([^()]*`[^()]*)\)", self.seen)
        return [code for each in brackets for code in re.findall(r"`([a-z_]+|\d{3,4})`", each)]


def symptoms(text: str) -> list[Symptom]:
    found = []
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        part = re.split(r"^## ", part, flags=re.MULTILINE)[0]
        title, _, body = part.partition("\n")
        seen, *said = re.split(r"^(?=- \*\*)", body.strip(), flags=re.MULTILINE)
        found.append(Symptom(title, seen.strip(), tuple(each.strip() for each in said)))
    return found


SYMPTOMS = symptoms(TEXT)


HOLE = "\0"
"""What is put into a text."""


@functools.cache
def templates() -> tuple[str, ...]:
    """Every sentence in rtnb's source, with a hole for each value."""
    found: set[str] = set()
    for path in (ROOT / "rtnb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                found.add("".join(each.value if isinstance(each, ast.Constant) else HOLE for each in node.values))
    return tuple(each for each in found if " " in each)


@functools.cache
def scripts() -> str:
    """What is shown by views."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "rtnb" / "widgets" / "static").glob("*.*js"))


def is_own(message: str) -> bool:
    """Whether rtnb says this, as a whole or up to the end of a sentence."""
    if message in scripts():
        return True
    for template in templates():
        if not message.startswith(template.split(HOLE)[0][:12]) or len(template.split(HOLE)[0]) < 8:
            continue
        ends = [found.end() for found in re.finditer(r"[.,;:](?=\s|$)", template)]
        for end in [*ends, len(template)]:
            if re.fullmatch(re.escape(template[:end]).replace(re.escape(HOLE), "(?s:.+?)"), message):
                return True
    return False


def test_there_are_sections() -> None:
    assert len(SYMPTOMS) > 40
    assert len({each.title for each in SYMPTOMS}) == len(SYMPTOMS)


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda each: each.title)
def test_a_section_says_why_and_what_is_done(symptom: Symptom) -> None:
    assert len(symptom.said) == len(PARTS)
    for part, said in zip(PARTS, symptom.said, strict=True):
        assert said.startswith(part) and len(said) > len(part)


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda each: each.title)
def test_messages_and_codes_are_real(symptom: Symptom) -> None:
    codes = [code for code in symptom.codes if not code.isdecimal()]
    for code in symptom.codes:
        found = rtnb.explain(int(code) if code.isdecimal() else code)
        kinds = {part.kind for part in (found, *found.parts)}
        assert kinds & {"error", "close code", "HTTP status"}, code
    for message in symptom.messages:
        if message in FOREIGN or is_own(message):
            continue
        met = [row for row in fault_rows() if message == row.sample or row.fits_message({"message": message})]
        assert met, f"nobody says {message!r}"
        assert {row.code for row in met} & {*codes, None}, f"{message!r} is not one of {codes}"


def test_what_is_captured_is_there() -> None:
    there = {code for symptom in SYMPTOMS for code in symptom.codes}
    assert CAPTURED - there == set()


def test_names_exist() -> None:
    named = {name for name in re.findall(r"\brtnb(?:\.[A-Za-z_]\w*)+", TEXT) if not name.endswith(".rtnb")}
    assert {name for name in named if not resolves(name)} == set()
    classes = {"s": rtnb.Session, "turn": rtnb.Turn}
    used = {(of, name) for of, name in re.findall(r"(?<![\w.])(s|turn)\.([a-z_]\w*)", TEXT)}
    assert {(of, name) for of, name in used if not hasattr(classes[of], name)} == set()
    assert len(used) > 20


def test_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    from rtnb.cli import main

    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    (asked,) = re.findall(r"^rtnb explain (\S+)", TEXT, flags=re.MULTILINE)
    assert main(["explain", asked]) == 0
    commands = set(re.findall(r"(?:^|`)rtnb ([a-z]+)", TEXT, flags=re.MULTILINE))
    assert commands and {name for name in commands if not re.search(rf"^    {name}\b", shown, re.MULTILINE)} == set()


@pytest.mark.parametrize("message", ["The frobnicator is not attached to the server.", "Nobody knows at ws://x."])
def test_a_message_that_nobody_says_is_noticed(message: str) -> None:
    assert not is_own(message) and not any(row.fits_message({"message": message}) for row in fault_rows())


@pytest.mark.parametrize(
    ("provoke", "error", "begins"),
    [
        (lambda s: s.ask("Hello", show=False), "BudgetError", "The next response would exceed"),
        (lambda s: s.update(session={"foo": 1}), "ApiError", "Unknown parameter"),
        (lambda s: s.items.delete("item_X"), "ApiError", "Error deleting item"),
        (lambda s: rtnb.connect("ws://127.0.0.1:9/v1/realtime"), "UnreachableError", "Nobody answers at"),
        (lambda s: (s.close(), s.ask("Hello")), "SessionClosedError", "The session is closed."),
    ],
)
def test_what_is_quoted_is_what_is_said(provoke: Callable[[rtnb.Session], object], error: str, begins: str) -> None:
    with (
        rtnb.connect(budget_usd=1e-9, modalities=["text"], turn_detection=None) as s,
        pytest.raises(getattr(rtnb.errors, error)) as met,
    ):
        provoke(s)
    said = str(met.value)
    (quoted,) = [message for symptom in SYMPTOMS for message in symptom.messages if message.startswith(begins)]
    assert said.startswith(begins) and (is_own(quoted) or error == "ApiError")
