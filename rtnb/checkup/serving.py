"""The embedded server: it is started, asked by text and by speech, and what could come between."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rtnb.checkup import models
from rtnb.checkup.checking import harmless
from rtnb.checkup.proxy import CURE, is_address
from rtnb.checkup.report import Finding
from rtnb.errors import RtnbError

__all__ = [
    "Loopback",
    "Proxies",
    "Turns",
    "judge_loopback",
    "judge_proxies",
    "judge_turns",
    "loopback",
    "proxies",
    "turns",
]

QUESTION = "What is seven plus five?"
ANSWER = "12"
PORT = 8765
"""Of ``rtnb serve``, unless another is named."""


@dataclass(frozen=True, slots=True)
class Loopback:
    """Whether this process may listen on 127.0.0.1 and reach itself."""

    said: str = ""
    """Why not."""
    taken: bool = False
    """Whether somebody listens at the port of ``rtnb serve``."""


def loopback() -> Loopback:
    """Listen, connect, and say a word."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(2)
            with socket.create_connection(server.getsockname(), timeout=2) as there:
                here, _ = server.accept()
                with here:
                    there.sendall(b"word")
                    here.settimeout(2)
                    if here.recv(4) != b"word":
                        return Loopback("what was sent did not arrive")
    except OSError as error:
        return Loopback(harmless(error))
    try:
        with socket.create_connection(("127.0.0.1", PORT), timeout=0.5):
            return Loopback(taken=True)
    except OSError:
        return Loopback()


def judge_loopback(facts: Loopback) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_loopback(Loopback("PermissionError: denied"))[0].verdict
    'problem'
    """
    if facts.said:
        remedy = "Allow this Python to listen on 127.0.0.1: a firewall, a sandbox or a container forbids it."
        return [Finding("loopback", "problem", f"127.0.0.1 cannot be used: {facts.said}", remedy)]
    if facts.taken:
        return [Finding("loopback", "ok", f"127.0.0.1 is free to use; something listens at port {PORT}, "
                        "so rtnb serve needs another --port")]  # fmt: skip
    return [Finding("loopback", "ok", f"127.0.0.1 is free to use, port {PORT} too")]


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies of the environment, by the names of variables alone: their values may hold passwords."""

    catching: tuple[str, ...] = ()
    """Variables that would send what is meant for loopback elsewhere."""
    socks: tuple[str, ...] = ()
    """Those that name a SOCKS proxy."""
    has_socks: bool = True
    """Whether python-socks is there, which websockets needs for them."""
    malformed: tuple[str, ...] = ()
    """Those that hold no address of a proxy."""


def proxies(environment: Mapping[str, str] | None = None) -> Proxies:
    """Look."""
    import importlib.util

    given = os.environ if environment is None else environment
    named = {
        name: given[name]
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy")
        if given.get(name, "").strip()
    }
    without = {part.strip().lower() for part in (given.get("NO_PROXY") or given.get("no_proxy") or "").split(",")}
    spared = "*" in without or bool(without & {"127.0.0.1", "127.0.0.0/8"})
    malformed = [name for name, value in named.items() if not is_address(value)]
    read = [name for name in named if name not in malformed]
    catching = [name for name in read if name.lower() in ("http_proxy", "all_proxy")]
    socks = [name for name in read if urlsplit(named[name]).scheme.lower().startswith("socks")]
    return Proxies(
        () if spared else tuple(catching),
        tuple(socks),
        importlib.util.find_spec("python_socks") is not None,
        tuple(malformed),
    )


def judge_proxies(facts: Proxies) -> list[Finding]:
    """What they mean.

    Examples
    --------
    >>> judge_proxies(Proxies(("HTTP_PROXY",)))[0].remedy
    'export NO_PROXY=127.0.0.1,localhost (on Windows: setx NO_PROXY "127.0.0.1,localhost"), then restart Jupyter.'
    """
    found = []
    if facts.malformed:
        verb = "holds" if len(facts.malformed) == 1 else "hold"
        told = f"{' and '.join(facts.malformed)} {verb} no address of a proxy that websockets takes; it is not shown"
        found.append(Finding("proxies", "note", told, CURE))
    if facts.catching:
        told = (
            f"{' and '.join(facts.catching)} without NO_PROXY: rtnb's own sessions go past the proxy, "
            "but other clients of rtnb serve, and browsers, would look for 127.0.0.1 behind it"
        )
        remedy = (
            'export NO_PROXY=127.0.0.1,localhost (on Windows: setx NO_PROXY "127.0.0.1,localhost"), '
            "then restart Jupyter."
        )
        found.append(Finding("proxies", "note", told, remedy))
    if facts.socks and not facts.has_socks:
        told = f"{' and '.join(facts.socks)} names a SOCKS proxy, which websockets cannot use without python-socks"
        found.append(Finding("proxies", "problem", told, 'pip install "python-socks[asyncio]"'))
    return found or [Finding("proxies", "ok", "none comes between this machine and itself")]


@dataclass(frozen=True, slots=True)
class Turns:
    """A typed and a spoken turn with the embedded server."""

    typed: str = ""
    """The answer."""
    typed_s: float = 0.0
    spoken: str | None = None
    """The answer; None where nothing is recognised here."""
    heard: str = ""
    spoken_s: float = 0.0
    audio_s: float = 0.0
    """How long the spoken answer is."""
    said: str = ""
    """Why it failed."""
    unloaded: bool = False
    """Whether the models could not be loaded."""


def turns() -> Turns:
    """Open a session and hold two turns; no journal, nothing is shown."""
    try:
        return asyncio.run(_turns())
    except RtnbError as error:
        return Turns(said=str(error))
    except Exception as error:
        return Turns(said=harmless(error))


async def _turns() -> Turns:
    from rtnb._connect import AsyncSession
    from rtnb.audio import Clip
    from rtnb.server.local import LocalServer

    stack = await asyncio.to_thread(models.stack)
    if stack is None:
        return Turns(unloaded=True)
    # Answers at once, and a server of its own: it tells of this machine, not of what a session has set up.
    server = LocalServer(realtime_factor=0, mcp=False)
    async with AsyncSession("local", server=server, journal=False, turn_detection=None) as session:
        begun_s = time.perf_counter()
        turn = await session.ask(QUESTION, modalities=["text"])
        typed, typed_s = turn.text, time.perf_counter() - begun_s
        if not (stack.recognizer.available and stack.synthesizer.available):
            return Turns(typed, typed_s)
        samples = await asyncio.to_thread(stack.synthesizer.synthesize, QUESTION)
        clip = Clip(samples, int(getattr(stack.synthesizer, "rate_hz", 24000)))
        begun_s = time.perf_counter()
        turn = await session.ask(clip)
        spoken_s = time.perf_counter() - begun_s
        audio = turn.audio
        return Turns(typed, typed_s, turn.text, turn.transcript, spoken_s, 0.0 if audio is None else audio.duration_s)


def judge_turns(facts: Turns) -> list[Finding]:
    """What they mean.

    Examples
    --------
    >>> for finding in judge_turns(Turns("It is 12.", 0.01, "It is 12.", "What is seven plus five?", 0.8, 1.6)):
    ...     print(finding.check, finding.verdict, finding.found)
    typed turn ok answered in 0.01 s
    spoken turn ok heard, and answered with 1.6 s of speech, in 0.8 s
    """
    if facts.said:
        said, _, cure = facts.said.partition("\n")
        remedy = cure or "Run rtnb demo: it shows the whole error."
        return [Finding("embedded server", "problem", said, remedy)]
    if facts.unloaded:
        return [Finding("turns", "skipped", "the models are not loaded")]
    found = []
    if ANSWER in facts.typed:
        found.append(Finding("typed turn", "ok", f"answered in {facts.typed_s:.2f} s"))
    else:
        told = f"'{QUESTION}' was answered with '{facts.typed:.80}'"
        found.append(Finding("typed turn", "problem", told, "pip install --force-reinstall --no-deps rtnb"))
    if facts.spoken is None:
        return [*found, Finding("spoken turn", "skipped", "there is no voice or no recogniser here")]
    if ANSWER in facts.spoken and facts.audio_s > 0:
        told = f"heard, and answered with {facts.audio_s:.1f} s of speech, in {facts.spoken_s:.1f} s"
        return [*found, Finding("spoken turn", "ok", told)]
    if facts.audio_s == 0:
        told = f"'{facts.heard:.80}' was answered without a sound"
    else:
        told = f"'{QUESTION}' was heard as '{facts.heard:.80}'"
    return [*found, Finding("spoken turn", "problem", told, "Look at 'model files' and 'spoken sentence' above.")]
