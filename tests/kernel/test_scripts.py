"""Outside of notebooks: scripts, threads, pytest, and every way in which a program ends with a session open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

import rtnb

pytestmark = [pytest.mark.kernel]

HEAD = "import asyncio, os, signal, sys, threading, time, rtnb\n"
OPEN = HEAD + "s = rtnb.connect(modalities=['text'])\n"
SPOKEN = OPEN + "s.ask('Spell dog.')\n"
"""With the local voices loaded, and one turn over."""
LIMIT_S = 60.0
TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    status: int
    out: str
    err: str


def run(folder: Path, code: str, *options: str, journal: Path | None = None) -> Ended:
    """Run a script in a process of its own; it must end by itself."""
    script = folder / "script.py"
    script.write_text(textwrap.dedent(code))
    environment = {**os.environ, **({"RTNB_JOURNAL": str(journal)} if journal else {})}
    done = subprocess.run(
        [sys.executable, *options, str(script)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        stdin=subprocess.DEVNULL,
        env=environment,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_a_script_that_closes(tmp_path: Path) -> None:
    code = HEAD + "with rtnb.connect(modalities=['text']) as s: print(s.ask('Spell cat.').text)"
    assert run(tmp_path, code) == Ended(0, "C, A, T.\n", "")


@pytest.mark.parametrize(
    "rest",
    [
        "print(s.ask('Spell cat.').text)",
        "s.send('Spell cat.'); print('C, A, T.')",
        "s.send('Tell me a long story.'); print('C, A, T.')",
        "t = threading.Thread(target=lambda: print(s.ask('Spell cat.').text)); t.start(); t.join()",
        "t = threading.Thread(target=s.ask, args=('Tell me a long story.',), daemon=True); t.start(); "
        "time.sleep(0.3); print('C, A, T.')",
    ],
    ids=["idle", "in the middle of a turn", "of a long turn", "in a thread", "in a daemon thread"],
)
def test_a_script_that_ends_without_closing(tmp_path: Path, rest: str) -> None:
    assert run(tmp_path, SPOKEN + rest) == Ended(0, "C, A, T.\n", "")


def test_sys_exit(tmp_path: Path) -> None:
    assert run(tmp_path, SPOKEN + "s.send('Spell cat.'); sys.exit(3)") == Ended(3, "", "")


def test_an_error_of_the_script_is_all_that_is_printed(tmp_path: Path) -> None:
    ended = run(tmp_path, SPOKEN + "s.send('Spell cat.'); raise ValueError('mine')")
    assert ended.status == 1 and not ended.out
    assert ended.err.splitlines()[-1] == "ValueError: mine" and ended.err.count("Traceback") == 1


@pytest.mark.parametrize("rest", ["s.ask('Spell cat.')", "s.send('Tell me a long story.')"])
def test_sigterm_ends_it_and_the_journal_is_whole(tmp_path: Path, rest: str) -> None:
    code = SPOKEN + f"{rest}; time.sleep(1.2); os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)"
    ended = run(tmp_path, code, journal=tmp_path / "journals")
    assert ended == Ended(-signal.SIGTERM, "", "")
    (found,) = (tmp_path / "journals").iterdir()
    assert rtnb.replay(found).turns[1].user_text in ("Spell cat.", "Tell me a long story.")


def test_ctrl_c_in_an_answer_cancels_it_first(tmp_path: Path) -> None:
    code = SPOKEN + (
        "threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "try:\n"
        "    for _ in range(100): s.ask('Tell me a long story.')\n"
        "except KeyboardInterrupt:\n"
        "    print(s.turns[-1].status in ('cancelled', 'completed'), s.ask('Spell cat.').text)"
    )
    assert run(tmp_path, code) == Ended(0, "True C, A, T.\n", "")


def test_interrupts_at_any_moment_leave_a_session_that_works(tmp_path: Path) -> None:
    code = (
        OPEN
        + """
import random
random.seed(7)
s.ask("Spell cat.")
verbs = [
    lambda: s.ask("What is 2 plus 2?"),
    lambda: s.send("What is 2 plus 2?").wait(10),
    lambda: s.aside("Is this polite?"),
    lambda: (s.update(instructions="Be brief."), s.add("Hi."), len(s.items)),
    lambda: rtnb.connect(modalities=["text"]).close(),
    lambda: s.view().turns,
]
counted = 0
for _ in range(36):
    ends = time.monotonic() + 5
    timer = threading.Timer(random.random() * 0.08, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        timer.start()
        while time.monotonic() < ends:
            random.choice(verbs)()
    except KeyboardInterrupt:
        counted += 1
    timer.join()
    assert s.ask("Spell cat.", timeout=20).text == "C, A, T."
assert {turn.status for turn in s.turns} <= {"completed", "cancelled"}, [turn.status for turn in s.turns]
assert rtnb.open_sessions() == [s]
s.close()
print(counted, threading.active_count())
"""
    )
    assert run(tmp_path, code) == Ended(0, "36 1\n", "")


def test_ctrl_c_while_a_server_does_not_greet(tmp_path: Path) -> None:
    code = (
        HEAD
        + """
from rtnb.testing import ScriptedServer
with ScriptedServer() as silent:
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        rtnb.connect(silent.url)
    except KeyboardInterrupt:
        print(rtnb.open_sessions(), [t.name for t in threading.enumerate() if "rtnb" in t.name])
"""
    )
    assert run(tmp_path, code) == Ended(0, "[] []\n", "")


def test_an_async_script(tmp_path: Path) -> None:
    code = HEAD + (
        "async def main():\n"
        "    async with rtnb.AsyncSession(modalities=['text']) as a:\n"
        "        with rtnb.connect(modalities=['text']) as s:\n"
        "            mine = await asyncio.to_thread(s.ask, 'Spell dog.')\n"
        "            return (await a.ask('Spell cat.')).text, mine.text\n"
        "print(asyncio.run(main()))"
    )
    assert run(tmp_path, code) == Ended(0, "('C, A, T.', 'D, O, G.')\n", "")


def test_an_async_session_that_nobody_closes(tmp_path: Path) -> None:
    code = HEAD + (
        "async def main():\n"
        "    a = await rtnb.AsyncSession(modalities=['text']).open()\n"
        "    return (await a.ask('Spell cat.')).text\n"
        "print(asyncio.run(main()))"
    )
    assert run(tmp_path, code) == Ended(0, "C, A, T.\n", "")


def test_in_a_script_that_turns_warnings_into_errors(tmp_path: Path) -> None:
    code = OPEN + "print(s.ask('Spell cat.').text); s.close()"
    assert run(tmp_path, code, "-W", "error") == Ended(0, "C, A, T.\n", "")


def test_a_child_process_that_is_forked_ends(tmp_path: Path) -> None:
    # With a server elsewhere: the libraries behind the embedded voices do not survive a fork themselves.
    code = OPEN.replace("rtnb.connect(", "rtnb.connect(p.url, ").replace(
        "s = ",
        "from rtnb.testing import *; from support.puppet import *\n"
        "p = Puppet([message('one')], [message('two')]).server().__enter__()\ns = ",
    ) + (
        "print(s.ask('Hello?').text, flush=True)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    sys.exit(5)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), s.ask('Hello?').text)"
    )
    code = f"import sys; sys.path.append({str(TESTS)!r})\n{code}"
    ended = run(tmp_path, code, "-W", "ignore::DeprecationWarning")
    assert (ended.status, ended.out) == (0, "one\n5 two\n"), ended


def test_in_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        textwrap.dedent(
            """
            import asyncio
            import pytest
            import rtnb

            @pytest.fixture(scope="module")
            def session():
                with rtnb.connect(modalities=["text"]) as s:
                    yield s

            @pytest.mark.parametrize("n", [1, 2, 3])
            def test_sums(session, n):
                assert str(2 * n) in session.ask(f"What is {n} plus {n}?").text

            def test_async():
                async def main():
                    async with rtnb.AsyncSession(modalities=["text"]) as a:
                        return (await a.ask("Spell cat.")).text
                assert asyncio.run(main()) == "C, A, T."

            def test_left_open():
                rtnb.connect(modalities=["text"]).ask("Spell cat.")
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0 and "5 passed" in done.stdout and not done.stderr, done.stdout + done.stderr
