"""Which package lets loops nest, and that it does; each in a process of its own, since the patch stays.

What it promises in kernels is tested there: tests/kernel and tests/interop.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from rtnb import nesting
from rtnb.errors import MissingExtraError
from rtnb.nesting import Nested

CELL = """
async def main():
    await asyncio.sleep(0.01)
    return "nested"
async def cell():
    return asyncio.run(main()), asyncio.run(main())
print(asyncio.run(cell()))
"""


def run(code: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", f"import asyncio, rtnb\n{code}"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


def fake_kernel(version: str) -> str:
    return (
        "import sys, types\nsys.modules['ipykernel'] = types.ModuleType('ipykernel')\n"
        f"sys.modules['ipykernel'].__version__ = {version!r}\n"
        "sys.modules['ipykernel.kernelapp'] = types.ModuleType('ipykernel.kernelapp')\n"
    )


def test_it_nests() -> None:
    assert run(f"rtnb.allow_nested_asyncio()\n{CELL}") == "('nested', 'nested')\n"


def test_without_it_the_cell_fails() -> None:
    with pytest.raises(AssertionError, match=r"asyncio.run\(\) cannot be called from a running event loop"):
        run(CELL)


def test_again_changes_nothing() -> None:
    assert run("a = rtnb.allow_nested_asyncio(); print(a is rtnb.allow_nested_asyncio(), a.package)") == (
        "True nest_asyncio2\n"
    )


def test_rtnb_works_on_top() -> None:
    code = """
rtnb.allow_nested_asyncio()
async def main():
    async with rtnb.AsyncSession(modalities=["text"]) as a:
        return (await a.ask("Spell cat.")).text
async def cell():
    with rtnb.connect(modalities=["text"]) as s:
        return asyncio.run(main()), s.ask("Spell dog.").text
print(asyncio.run(cell()))
"""
    assert run(code) == "('C, A, T.', 'D, O, G.')\n"


def test_importing_rtnb_and_its_sessions_patches_nothing() -> None:
    code = "with rtnb.connect(modalities=['text']) as s: s.ask('Spell cat.')\nprint(hasattr(asyncio, '_nest_patched'))"
    assert run(code) == "False\n"


@pytest.mark.parametrize(
    ("version", "packages"),
    [
        (None, ("nest_asyncio2", "nest_asyncio")),
        ((6, 31, 0), ("nest_asyncio", "nest_asyncio2")),
        ((7, 0, 0), ("nest_asyncio2",)),
        ((7, 4, 0), ("nest_asyncio2",)),
        ((8, 1), ("nest_asyncio2",)),
    ],
)
def test_the_choice(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...] | None, packages: tuple[str, ...]
) -> None:
    monkeypatch.setattr(nesting, "kernel_version", lambda: version)
    assert nesting._wanted()[0] == packages


@pytest.mark.parametrize(
    ("text", "version"), [("6.31.0", (6, 31, 0)), ("7.5.0a1", (7, 5, 0)), ("8.0.0.dev0", (8, 0, 0)), ("9", (9,))]
)
def test_the_version_of_the_kernel(text: str, version: tuple[int, ...]) -> None:
    code = "from rtnb.nesting import kernel_version; print(kernel_version())"
    assert run(fake_kernel(text) + code) == f"{version}\n"


def test_the_reason_is_a_sentence() -> None:
    told = run(fake_kernel("7.2.0") + "print(rtnb.allow_nested_asyncio())")
    assert told.startswith("asyncio.run() works in cells now: nest_asyncio2 ")
    assert told.endswith("since ipykernel 7.2.0 loses cells with nest_asyncio.\n")


def test_nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nest_asyncio", None)
    monkeypatch.setitem(sys.modules, "nest_asyncio2", None)
    monkeypatch.setattr(nesting, "kernel_version", lambda: (7, 2, 0))
    monkeypatch.setattr(nesting, "_APPLIED", None)
    with pytest.raises(MissingExtraError, match="pip install nest-asyncio2") as caught:
        nesting.allow_nested_asyncio()
    assert "await main()" in str(caught.value) and "ipykernel 7.2.0 loses cells" in str(caught.value)


@pytest.mark.parametrize(("version", "safe"), [("6.31.0", True), ("7.2.0", False)])
def test_what_somebody_applied_before_stays_and_is_named(version: str, safe: bool) -> None:
    # What nest_asyncio leaves in asyncio: the older package need not be installed here.
    told = run(
        fake_kernel(version) + "asyncio._nest_patched = True\nn = rtnb.allow_nested_asyncio()\n"
        "print(n.package, n.safe, 'restart the kernel' in str(n))"
    )
    assert told == f"nest_asyncio {safe} {not safe}\n"


def test_nest_asyncio2_applied_before() -> None:
    code = "import nest_asyncio2; nest_asyncio2.apply()\nn = rtnb.allow_nested_asyncio(); print(n.package, n.safe)"
    assert run(code) == "nest_asyncio2 True\n"


def test_a_loop_of_another_kind_is_said_clearly() -> None:
    code = """
class Foreign(asyncio.AbstractEventLoop):
    pass
asyncio.set_event_loop(Foreign())
try:
    rtnb.allow_nested_asyncio()
except rtnb.errors.ConfigError as error:
    print("await main()" in str(error), "cannot be nested" in str(error))
"""
    assert run(code) == "True True\n"


def test_it_prints_as_its_reason() -> None:
    assert str(Nested("nest_asyncio2", "1.7.4", "It is so.")) == "It is so."
