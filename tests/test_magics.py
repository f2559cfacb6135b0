"""The magics in a real IPython, with the embedded server; in kernels: tests/kernel."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.require import require_module

import rtnb
from rtnb import magics

SECRET = "sk-proj-abcdefghijklmnop"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    require_module("IPython")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    main, hook = sys.modules["__main__"], sys.excepthook
    made = InteractiveShell(config=config, ipython_dir=str(tmp_path_factory.mktemp("ipython")))
    yield made
    made.restore_sys_module_state()
    made._atexit_once()
    sys.modules["__main__"], sys.excepthook = main, hook


@pytest.fixture
def loaded(shell: Any) -> Iterator[Any]:
    shell.run_line_magic("load_ext", "rtnb")
    shell.user_ns.update(rtnb=rtnb)
    yield shell
    shell.run_line_magic("unload_ext", "rtnb")
    for name in ("s", "t", "again", "r"):
        shell.user_ns.pop(name, None)


Say = Callable[[str], str]


@pytest.fixture
def say(loaded: Any, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a cell; what it printed, with its result and its error."""

    def say(code: str) -> str:
        capsys.readouterr()
        done = loaded.run_cell(code)
        printed = capsys.readouterr()
        error = done.error_in_exec
        return printed.out + printed.err + ("" if error is None else f"{type(error).__name__}: {error}")

    return say


def test_the_first_cell_opens_a_session_and_the_next_keeps_it(say: Say, loaded: Any) -> None:
    assert "C, A, T." in say("%%ask\nSpell cat.")
    assert "D, O, G." in say("%%ask\nSpell dog.")
    (session,) = rtnb.open_sessions()
    assert [turn.text for turn in session.turns] == ["C, A, T.", "D, O, G."]  # type: ignore[attr-defined]


def test_a_session_that_is_open_is_used(say: Say, loaded: Any) -> None:
    with rtnb.connect(modalities=["text"]) as session:
        say("%%ask --no-show -o t\nSpell cat.")
        assert len(session.turns) == 1 and loaded.user_ns["t"].text == "C, A, T."


def test_several_lines_are_one_message(say: Say, loaded: Any) -> None:
    with rtnb.connect(modalities=["text"]) as session:
        say("%%ask --no-show\nSpell\n\n  cat.\n")
        sent = [event for event in session.events if event.type == "conversation.item.create"]
        assert sent[0].body["item"]["content"][0]["text"] == "Spell\n\n  cat."


def test_options_are_for_one_answer(say: Say, loaded: Any) -> None:
    with rtnb.connect() as session:
        assert "Error" not in say("%%ask --no-show --voice cedar --instructions 'Be very brief.'\nSpell cat.")
        (create,) = [event for event in session.events if event.type == "response.create"]
        response = create.body["response"]
        assert response["instructions"] == "Be very brief." and response["audio"]["output"]["voice"] == "cedar"


def test_nothing_is_shown_with_no_show(say: Say) -> None:
    with rtnb.connect(modalities=["text"]):
        assert say("%%ask --no-show\nSpell cat.") == ""


def test_the_session_of_a_variable(say: Say, loaded: Any) -> None:
    with rtnb.connect(modalities=["text"]) as one, rtnb.connect(modalities=["text"]) as two:
        loaded.user_ns.update(one=one, two=two, number=5)
        told = say("%%ask\nSpell cat.")
        assert "UsageError: Several sessions are open: name one with -s (one, two)." in told
        assert "C, A, T." in say("%%ask -s two\nSpell cat.") and len(two.turns) == 1 and not one.turns
        assert "The variable 'three' is not there; sessions are one, two." in say("%%ask -s three\nHi")
        assert "The variable 'number' is not a session" in say("%rtnb -s number usage")
        status = say("%rtnb")
        assert "one  <Session" in status and "two  <Session" in status
        assert "two" not in say("%rtnb -s one status")
    for name in ("one", "two"):
        del loaded.user_ns[name]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%rtnb bogus", "%rtnb has no 'bogus'; there is status, connect, ask,"),
        ("%rtnb usage", "No session is open: '%rtnb connect' opens one"),
        ("%rtnb timing", "No session is open"),
        ("%rtnb close", "No session is open"),
        ("%rtnb events many", "events takes a number, not 'many'."),
        ("%rtnb explain", "explain takes a name"),
        ("%rtnb explain respnse.done", "response.done"),
        ("%rtnb save", "save takes a path"),
        ("%rtnb replay", "replay takes the path"),
        ("%rtnb replay /no/such.rtnb", "/no/such.rtnb"),
        ("%rtnb ask", "There is nothing to say"),
        ("%%ask\n \n", "There is nothing to say"),
        ("%%ask --loud\nhi", "unrecognized arguments: --loud"),
        ("%%ask -o 5x\nSpell cat.", "-o takes the name of a variable, not '5x'."),
        ("%rtnb connect local local", "connect takes one endpoint"),
        ("%rtnb connect local voise=cedar", "Unknown setting 'voise'"),
        ("%rtnb connect loca", "loca"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(say: Say, line: str, told: str) -> None:
    said = say(line)
    assert told in said and "UsageError" in said and "Traceback" not in said


@pytest.mark.parametrize(
    "line",
    [
        f"%rtnb connect openai key={SECRET}",
        f"%rtnb connect openai key='{SECRET}'",
        f"%rtnb connect {SECRET}",
        f"%rtnb connect openai headers={{'Authorization':'Bearer {SECRET}'}}",
        f"%rtnb connect wss://example.invalid/{SECRET}/v1/realtime",
        f"%rtnb -s {SECRET} usage",
        f"%rtnb {SECRET}",
        f"%rtnb replay {SECRET}.rtnb",
        f"%rtnb explain {SECRET}",
        f"%%ask --voice {SECRET}\nSpell cat.",
        f"%%ask {SECRET}\nSpell cat.",
        f"%rtnb -o {SECRET} help",
    ],
)
def test_no_key_is_printed(say: Say, line: str) -> None:
    said = say(line)
    assert "UsageError" in said and "abcdefgh" not in said


def test_the_commands(say: Say, loaded: Any, tmp_path: Path) -> None:
    assert "no session is open" in say("%rtnb")
    assert "0 turns" in say("%rtnb connect local modalities=[\"text\"] instructions='Be brief, please.'")
    (session,) = rtnb.open_sessions()
    assert session.config["instructions"] == "Be brief, please."  # type: ignore[attr-defined]
    assert "C, A, T." in say("%rtnb ask Spell cat.")
    assert "$" in say("%rtnb") and "journal" in say("%rtnb status")
    assert "text tokens in" in say("%rtnb usage")
    assert "ttft_text" in say("%rtnb timing")
    assert "Be brief, please." in say("%rtnb config")
    told = say("%rtnb events 3").splitlines()
    assert len(told) == 3 and any(line.endswith("s ← response.done") for line in told)
    assert say("%rtnb events 0") == ""
    assert "A response is over" in say("%rtnb explain response.done")
    path = tmp_path / "a talk.rtnb"
    assert str(path) in say(f"%rtnb save '{path}'") and path.exists()
    say(f"%rtnb -o r replay '{path}'")
    assert loaded.user_ns["r"].turns[0].assistant_text == "C, A, T."
    assert "closed" in say("%rtnb close") and not rtnb.open_sessions()
    said = say("%rtnb help")
    assert all(f"\n  {name}" in said for name in magics.COMMANDS)


def test_connecting_again_closes_the_session_before(say: Say) -> None:
    say('%rtnb connect local modalities=["text"]')
    (first,) = rtnb.open_sessions()
    say('%rtnb connect local modalities=["text"]')
    (second,) = rtnb.open_sessions()
    assert second is not first and first.status == "closed"  # type: ignore[attr-defined]


def test_a_closed_session_is_replaced(say: Say) -> None:
    say('%rtnb connect local modalities=["text"]')
    rtnb.close_all()
    assert "C, A, T." in say("%%ask\nSpell cat.")


def test_values_of_settings() -> None:
    words, settings = magics._settings(
        "local voice=cedar speed=1.5 turn_detection=none budget_usd=0.5 modalities=['text', 'audio'] "
        "instructions=\"Say 'hi'. Be = brief.\" turn_detection2={'type': 'server_vad', 'x': [1]} handover=false"
    )
    assert words == ["local"]
    assert settings == {
        "voice": "cedar",
        "speed": 1.5,
        "turn_detection": None,
        "budget_usd": 0.5,
        "modalities": ["text", "audio"],
        "instructions": "Say 'hi'. Be = brief.",
        "turn_detection2": {"type": "server_vad", "x": [1]},
        "handover": False,
    }


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_the_tab_key(loaded: Any) -> None:
    def complete(line: str) -> list[str]:
        return loaded.complete("", line, len(line))[1]  # type: ignore[no-any-return]

    assert set(complete("%rtnb ")) >= set(magics.COMMANDS)
    assert complete("%rtnb us") == ["usage"]
    assert "response.done" in complete("%rtnb explain response.d")


def test_help_names_the_options(loaded: Any) -> None:
    told = loaded.find_line_magic("rtnb").__doc__ + loaded.find_cell_magic("ask").__doc__
    for option in ("--session", "--voice", "--instructions", "--no-show", "--output"):
        assert option in told


def test_loading_twice_reloading_and_unloading(loaded: Any, say: Say) -> None:
    magics.load(loaded)
    say('%rtnb connect local modalities=["text"]')
    assert len(rtnb.open_sessions()) == 1
    loaded.run_line_magic("reload_ext", "rtnb")
    assert not rtnb.open_sessions(), "the session that nobody could reach any more is closed"
    assert len(list(loaded.strdispatchers["complete_command"].s_matches("%rtnb"))) == 1
    loaded.run_line_magic("unload_ext", "rtnb")
    assert loaded.find_cell_magic("ask") is None and loaded.find_line_magic("rtnb") is None
    assert "%rtnb" not in loaded.strdispatchers["complete_command"].strs
    loaded.run_line_magic("load_ext", "rtnb")
    assert loaded.find_cell_magic("ask") is not None


def test_magics_of_others_stay(loaded: Any) -> None:
    other = lambda line, cell=None: "mine"  # noqa: E731
    loaded.run_line_magic("unload_ext", "rtnb")
    loaded.register_magic_function(other, "cell", "ask")
    magics.unload(loaded)
    assert loaded.find_cell_magic("ask") is other
    del loaded.magics_manager.magics["cell"]["ask"]
    loaded.run_line_magic("load_ext", "rtnb")


def test_outside_of_a_kernel_asyncio_is_left_alone(loaded: Any) -> None:
    import asyncio

    assert not hasattr(asyncio, "_nest_patched")
