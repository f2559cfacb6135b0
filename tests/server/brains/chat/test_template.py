"""The system prompt as a template."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.errors import ConfigError
from rtnb.server.brains.chat.template import SECTIONS, SLOTS, Template


def test_rtnbs_own_makes_a_voice_of_a_model() -> None:
    own = Template.load(None)
    spoken = own.render(instructions="You are Ada.", modality="audio", tools=("look_up",))
    written = own.render(instructions="You are Ada.", modality="text")
    assert "by voice" in spoken and "by voice" not in written
    assert "No Markdown" in spoken
    assert "Use a tool" in spoken and "Use a tool" not in written
    for prompt in (spoken, written):
        assert prompt.endswith("You are Ada.")
        assert "{{" not in prompt and "<!--" not in prompt and "\n\n\n" not in prompt
    assert "your instructions." not in own.render(modality="audio")


def test_rtnbs_own_says_what_can_be_used() -> None:
    text = Template.load(None).text
    for name in SLOTS:
        assert f"{{{{{name}}}}}" in text
    for name in SECTIONS:
        assert f"{{{{#{name}}}}}" in text


def test_slots_and_sections() -> None:
    template = Template("{{ modality }}{{#tools}}: {{tools}}{{#audio}} aloud{{/audio}}{{/tools}}{{#text}}!{{/text}}")
    assert template.render(tools=("a", "b")) == "audio: a, b aloud"
    assert template.render(modality="text") == "text!"


def test_what_is_filled_in_is_left_as_it_is() -> None:
    instructions = "Say {{modality}}.\n\n\n\n{{#audio}}<!-- no -->"
    assert Template("A\n\n\n\n{{instructions}}").render(instructions=instructions) == f"A\n\n{instructions}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one\n<!--\n-->{{name}}", "line 3: there is no slot 'name'; there are instructions, modality, tools"),
        ("\n{{#speech}}", "line 2: there is no section 'speech'; there are audio, text"),
        ("\n\n{{#audio}} x", "line 3: {{#audio}} is never closed"),
        ("{{/text}}", "line 1: {{/text}} closes no open section"),
        ("{{#audio}}{{#text}}{{/audio}}", "line 1: {{/audio}} closes no open section"),
        ("{{}}", "line 1: there is no slot ''"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.md"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Template.load(file)
    assert str(caught.value).startswith(f"{file}, {message}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(b"\xff\xfe\xff")
    for name, reason in (("none.md", "No such file"), ("latin.md", "not UTF-8"), (".", "Is a directory")):
        with pytest.raises(ConfigError, match=reason):
            Template.load(str(tmp_path / name))
