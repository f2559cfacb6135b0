from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.pictures import data_uri

from rtnb.server.problems import Refused
from rtnb.server.prompts import Prompts

PATH = "session.prompt"


@pytest.fixture
def prompts(tmp_path: Path) -> Prompts:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "guide.md").write_text("\nYou guide {{ name }} through {{city}}. {{name}} is new.\n")
    (folder / "guide@2.md").write_text("Version two, Zürich.", encoding="utf-8")
    (folder / "broken.md").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "secret.md").write_text("secret")
    return Prompts(folder)


def refusal(prompts: Prompts, **prompt: Any) -> tuple[str | None, str | None]:
    with pytest.raises(Refused) as caught:
        prompts.render(prompt, PATH)
    assert "secret" not in str(caught.value).replace("secret'", "")
    return caught.value.problem.code, caught.value.problem.param


def test_placeholders_become_what_was_given(prompts: Prompts) -> None:
    variables = {"name": "Ann {{city}}", "city": {"type": "input_text", "text": "Rome"}}
    text = prompts.render({"id": "guide", "variables": variables}, PATH)
    assert text == "You guide Ann {{city}} through Rome. Ann {{city}} is new."
    assert prompts.render({"id": "guide", "version": "2", "variables": None}, PATH) == "Version two, Zürich."


def test_images_and_files_are_named_by_what_they_are(prompts: Prompts) -> None:
    variables = {
        "name": {"type": "input_image", "detail": "auto", "image_url": data_uri(30, 20)},
        "city": {"type": "input_file", "filename": "map.pdf"},
    }
    text = prompts.render({"id": "guide", "variables": variables}, PATH)
    assert text.startswith("You guide [image/png, 30 x 20 pixels] through [file map.pdf].")


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "", ".", "..", "guide.md/../guide", "a\0b", "x" * 500, "nope"]
)
def test_an_id_is_a_name_and_leads_nowhere_else(prompts: Prompts, name: str) -> None:
    assert refusal(prompts, id=name) == ("invalid_value", f"{PATH}.id")
    assert refusal(prompts, id="guide", version=name or "/") == ("invalid_value", f"{PATH}.version")


def test_variables_are_those_of_the_template(prompts: Prompts) -> None:
    assert refusal(prompts, id="guide", variables={"name": "Ann"}) == (
        "missing_required_parameter",
        f"{PATH}.variables.city",
    )
    assert refusal(prompts, id="guide", version="2", variables={"name": "Ann"}) == (
        "unknown_parameter",
        f"{PATH}.variables.name",
    )


def test_a_template_that_cannot_be_read_is_the_servers_fault(prompts: Prompts) -> None:
    with pytest.raises(Refused) as caught:
        prompts.render({"id": "broken"}, PATH)
    assert caught.value.problem.type == "server_error"


def test_a_server_without_prompts_says_how_to_have_some() -> None:
    with pytest.raises(Refused, match="--prompts FOLDER"):
        Prompts(None).render({"id": "guide"}, PATH)
