from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rtnb
import rtnb.plots.bundles
from rtnb import _display
from rtnb._display import Drawable, bundle, register, untypeset


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_display, "_RENDERERS", dict(_display._RENDERERS))


class Shape(Drawable):
    def __repr__(self) -> str:
        return "a shape"


class Square(Shape):
    def __repr__(self) -> str:
        return "a square"


def guarded(html: str) -> str:
    return f'<div class="tex2jax_ignore mathjax_ignore">{html}</div>'


def test_text_is_always_there() -> None:
    assert bundle(Shape()) == {"text/plain": "a shape"}
    assert bundle(7) == {"text/plain": "7"}


def test_a_renderer_adds_pictures() -> None:
    register(Shape, lambda shape: {"text/html": f"<b>{shape!r}</b>"})
    assert bundle(Shape()) == {"text/plain": "a shape", "text/html": guarded("<b>a shape</b>")}


def test_a_renderer_may_have_better_words() -> None:
    register(Shape, lambda shape: {"text/plain": "△"})
    assert bundle(Shape()) == {"text/plain": "△"}


def test_subclasses_are_drawn_like_their_class_unless_they_have_a_renderer() -> None:
    register(Shape, lambda shape: {"text/html": "shape"})
    assert bundle(Square())["text/html"] == guarded("shape")
    register(Square, lambda shape: {"text/html": "square"})
    assert bundle(Square())["text/html"] == guarded("square")
    assert bundle(Shape())["text/html"] == guarded("shape")


def test_the_last_renderer_wins() -> None:
    register(Shape, lambda shape: {"text/html": "old"})
    register(Shape, lambda shape: {"text/html": "new"})
    assert bundle(Shape())["text/html"] == guarded("new")


@pytest.mark.parametrize("arguments", [{}, {"include": None, "exclude": None}, {"include": ["text/html"]}])
def test_notebooks_get_the_bundle(arguments: dict[str, Any]) -> None:
    register(Shape, lambda shape: {"text/html": "shape"})
    assert Shape()._repr_mimebundle_(**arguments) == {"text/plain": "a shape", "text/html": guarded("shape")}


def test_nothing_between_two_dollar_signs_becomes_a_formula() -> None:
    register(Shape, lambda shape: {"text/html": "It costs $5 or $10."})
    (html,) = [data for kind, data in bundle(Shape()).items() if kind == "text/html"]
    assert html == guarded("It costs $5 or $10.")
    assert untypeset(bundle(Shape())) == bundle(Shape())
    assert untypeset({"text/plain": "$1 or $2"}) == {"text/plain": "$1 or $2"}
    assert untypeset({"text/html": ""}) == {"text/html": ""}


def test_all_html_that_leaves_for_a_notebook_is_kept_from_typesetting() -> None:
    """Pictures leave through `bundle`; whoever else writes HTML into an output says that it holds no formulas."""
    root = Path(rtnb.__file__).parent
    for path in root.rglob("*.py"):
        text = path.read_text("utf-8")
        if '"text/html":' not in text or path.is_relative_to(root / "plots") or path.name == "_display.py":
            continue
        tree = ast.parse(text)
        written = [
            node for node in ast.walk(tree) if isinstance(node, ast.Dict)
            and any(isinstance(key, ast.Constant) and key.value == "text/html" for key in node.keys)
        ]  # fmt: skip
        calls = [
            node for node in ast.walk(tree) if isinstance(node, ast.Call) and "untypeset" in ast.unparse(node.func)
        ]
        # A view's `_draw` is called by its frame, which does so for all of them.
        drawn = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_draw"]
        safe = {id(inside) for call in [*calls, *drawn] for inside in ast.walk(call)}
        for node in written:
            inside = ast.unparse(node)
            assert id(node) in safe or _of_a_view(inside) or "'text/html': ''" in inside, f"{path.name}: {inside}"


def _of_a_view(inside: str) -> bool:
    """What a view draws goes through its frame; what marks a still has gone through it."""
    return "html.escape(repr(self))" in inside or 'class="{self.mark}"' in inside


def test_drawing_costs_an_instance_nothing() -> None:
    assert Drawable.__slots__ == ()


def test_pictures_are_loaded_when_the_first_one_is_drawn() -> None:
    program = """
import sys
from rtnb import _display
from rtnb.audio import Clip
clip = Clip([0.5] * 2400, 24000)
assert "rtnb.plots" not in sys.modules and "matplotlib" not in sys.modules
drawn = _display.bundle(clip)
assert "rtnb.plots" in sys.modules
print(sorted(drawn)[-1], drawn["text/plain"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Clip(0.100 s" in done.stdout


@pytest.mark.parametrize("module", ["", ".grid", ".sheet", ".text", ".money.text", ".money.print_sheets"])
def test_tables_and_plain_text_cost_no_matplotlib(module: str) -> None:
    program = f"import rtnb.plots{module}, sys; assert 'matplotlib' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_everything_is_drawn_though_nobody_named_the_pictures() -> None:
    program = """
from rtnb.pricing import at
print(*sorted(at("gpt-realtime", "2026-01-31")._repr_mimebundle_()))
import rtnb.plots
print(*(getattr(rtnb.plots, name).__name__ for name in dir(rtnb.plots)))
assert dir(rtnb.plots) == rtnb.plots.__all__
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("text/html text/plain")
