"""``%load_ext rtnb``: ``%%ask`` says what stands in the cell, ``%rtnb`` looks at the session and steers it."""

# IPython's decorators are untyped.
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import rtnb
from rtnb.errors import ConfigError, MissingExtraError, RtnbError

if TYPE_CHECKING:
    from rtnb.session import Session, Turn

__all__ = ["load", "unload"]

COMMANDS: Final = {
    "status": "status                           the open sessions (also without a command)",
    "connect": "connect [ENDPOINT] [NAME=VALUE]  open a session: local (the default), openai, or an address",
    "ask": "ask TEXT                         say something, wait for the answer",
    "usage": "usage                            tokens and cost",
    "timing": "timing                           latencies",
    "events": "events [N]                       the last N events (20)",
    "explain": "explain NAME                     an event, a field, an error, a close code",
    "config": "config                           the settings in effect",
    "save": "save PATH                        the recording, as one .rtnb file",
    "replay": "replay PATH                      a recording, in the same views",
    "close": "close                            close the session",
    "help": "help                             this",
}
"""What ``%rtnb`` knows, and the line of each in its help."""

SECRET_NAMES: Final = frozenset({"key", "headers", "api_key"})
"""What never belongs in a cell, since cells are saved."""

EVENTS_SHOWN: Final = 20

_SETTING = re.compile(
    r"""(?P<name>[A-Za-z_]\w*)=(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|\{.*\}|\S+)|(?P<word>\S+)"""
)
_KEY = re.compile(r"\b(?:sk|ek)[-_][\w-]{4,}")
_OPTIONS = re.compile(r"^\s*(?:(?:-s|-o|--session|--output)(?:\s+|=)\S+\s+)*(?:\S+)?\s?")


def load(ipython: Any) -> None:
    """Add the magics, and let ``asyncio.run`` work in the cells of a kernel; loading twice is fine."""
    unload(ipython)
    magics = _make(ipython)
    ipython.register_magics(magics)
    ipython.set_hook("complete_command", _completions, str_key="%rtnb")
    if hasattr(ipython, "kernel"):
        try:
            print(rtnb.allow_nested_asyncio())
        except (MissingExtraError, ConfigError):
            # Offered, not needed: the magics do without it.
            return


def unload(ipython: Any) -> None:
    """Take them away, and close the session that they opened."""
    manager = ipython.magics_manager
    for kind, name in (("cell", "ask"), ("line", "rtnb")):
        found: Any = getattr(manager.magics[kind].get(name), "__self__", None)
        if getattr(found, "is_rtnbs", False):
            del manager.magics[kind][name]
            manager.registry.pop(type(found).__name__, None)
            found.close_own()
    if (completers := ipython.strdispatchers.get("complete_command")) is not None:
        completers.strs.pop("%rtnb", None)


def _make(ipython: Any) -> Any:
    """The magics; their class is made here, since IPython is imported by nobody who does not use it."""
    from IPython.core.error import UsageError
    from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
    from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

    def clearly(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except (RtnbError, UsageError) as error:
            raise UsageError(_KEY.sub("(a key)", str(error))) from None

    @magics_class
    class RtnbMagics(Magics):
        """``%%ask`` and ``%rtnb``."""

        is_rtnbs = True

        def __init__(self, shell: Any) -> None:
            super().__init__(shell)
            self._desk = _Sessions(shell)

        def close_own(self) -> None:
            self._desk.close_own()

        @magic_arguments()
        @argument("-s", "--session", help="name of the variable that holds the session; by default the open one")
        @argument("-o", "--output", metavar="NAME", help="put the turn into this variable")
        @argument("--voice", help="for this answer alone")
        @argument("--instructions", help="for this answer alone, in quotation marks")
        @argument("--no-show", action="store_true", help="show no card")
        @cell_magic
        def ask(self, line: str, cell: str) -> Any:
            """Say what stands in the cell to a voice model, and show its answer.

            The first time, a session with the embedded server is opened, unless one is open already.
            """
            options = clearly(lambda: self._parsed(self.ask, line))
            said = cell.strip()
            if not said:
                raise UsageError("There is nothing to say: write it below the line of %%ask.")
            overrides: dict[str, Any] = {
                name: _unquoted(value)
                for name, value in (("voice", options.voice), ("instructions", options.instructions))
                if value is not None
            }
            turn = clearly(lambda: self._desk.session(options.session).ask(said, show=not options.no_show, **overrides))
            return self._kept(options.output, turn, quiet=options.no_show)

        @magic_arguments()
        @argument("-s", "--session", help="name of the variable that holds the session; by default the open one")
        @argument("-o", "--output", metavar="NAME", help="put the result into this variable")
        @argument("command", nargs="?", default="status", help=", ".join(COMMANDS))
        @argument("rest", nargs=argparse.REMAINDER, help="what the command takes; '%%rtnb help' tells")
        @line_magic
        def rtnb(self, line: str) -> Any:
            """Look at the session, and steer it: ``%rtnb help`` lists the commands."""
            options = clearly(lambda: self._parsed(self.rtnb, line))
            commands = _Commands(self._desk, options.session)
            rest = _OPTIONS.sub("", line, count=1).strip()
            return self._kept(options.output, clearly(lambda: commands.run(options.command, rest)))

        def _parsed(self, magic: Any, line: str) -> Any:
            options = parse_argstring(magic, line)
            if options.output is not None and not options.output.isidentifier():
                raise ConfigError(f"-o takes the name of a variable, not {options.output!r}.")
            return options

        def _kept(self, name: str | None, result: Any, *, quiet: bool = False) -> Any:
            if name is not None:
                ipython.user_ns[name] = result
                return None
            return None if quiet else result

    return RtnbMagics(ipython)


class _Sessions:
    """Which session is meant."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._own: Session | None = None

    def session(self, name: str | None = None, *, make: bool = True) -> Session:
        """The session of a variable; else the own one, the only open one, or a new one."""
        if name is not None:
            return self._named(name)
        if self._own is not None and self._own.status != "closed":
            return self._own
        found = self.open()
        if len(found) > 1:
            names = ", ".join(self.name_of(session) or repr(session) for session in found)
            raise ConfigError(f"Several sessions are open: name one with -s ({names}).")
        if found:
            return found[0]
        if not make:
            raise ConfigError("No session is open: '%rtnb connect' opens one with the embedded server.")
        return self.connect()

    def connect(self, endpoint: str | None = None, **settings: Any) -> Session:
        self.close_own()
        self._own = rtnb.connect(endpoint, **settings)
        return self._own

    def close_own(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.close()

    @staticmethod
    def open() -> list[Session]:
        from rtnb.session import Session

        return [session for session in rtnb.open_sessions() if isinstance(session, Session)]

    def name_of(self, session: object) -> str:
        """The variable that holds it; empty where none does."""
        if session is self._own:
            return "(%%ask)"
        held = (name for name, value in self._shell.user_ns.items() if value is session)
        return next((name for name in held if not name.startswith("_")), "")

    def _named(self, name: str) -> Session:
        from rtnb.session import Session

        space = self._shell.user_ns
        found = space.get(name)
        if isinstance(found, Session):
            return found
        what = "is not a session" if name in space else "is not there"
        known = sorted(n for n, v in space.items() if isinstance(v, Session) and not n.startswith("_"))
        there = f"sessions are {', '.join(known)}" if known else "no variable holds a session"
        raise ConfigError(f"The variable {name!r} {what}; {there}.")


class _Commands:
    """One method a command of ``%rtnb``; each takes what stands behind its name."""

    def __init__(self, sessions: _Sessions, name: str | None) -> None:
        self._sessions = sessions
        self._name = name

    def run(self, command: str, rest: str) -> Any:
        if command not in COMMANDS:
            raise ConfigError(f"%rtnb has no {command!r}; there is {', '.join(COMMANDS)}.")
        return getattr(self, command)(rest)

    @property
    def _session(self) -> Session:
        return self._sessions.session(self._name, make=False)

    def help(self, rest: str) -> None:
        print("%rtnb [-s SESSION] [-o NAME] COMMAND\n\n" + "\n".join(f"  {line}" for line in COMMANDS.values()))

    def status(self, rest: str) -> None:
        found = [self._sessions.session(self._name)] if self._name else self._sessions.open()
        if not found:
            print(f"rtnb {rtnb.__version__}: no session is open; '%rtnb connect' or '%%ask' opens one.")
        for session in found:
            cost = session.usage.total_usd
            parts = [self._sessions.name_of(session), repr(session)]
            parts += [f"${cost:.4f}"] if cost is not None else []
            parts += [f"journal {session.journal}"] if session.journal else []
            print("  ".join(part for part in parts if part))

    def connect(self, rest: str) -> Session:
        words, settings = _settings(rest)
        if len(words) > 1:
            raise ConfigError(f"connect takes one endpoint and NAME=VALUE, not {' '.join(words)!r}.")
        return self._sessions.connect(words[0] if words else None, **settings)

    def ask(self, rest: str) -> Turn:
        if not rest:
            raise ConfigError("There is nothing to say: %rtnb ask TEXT.")
        return self._sessions.session(self._name).ask(_unquoted(rest))

    def usage(self, rest: str) -> Any:
        return self._session.usage

    def timing(self, rest: str) -> Any:
        return self._session.timing

    def config(self, rest: str) -> Any:
        return self._session.config

    def events(self, rest: str) -> None:
        if rest and not rest.isdecimal():
            raise ConfigError(f"events takes a number, not {rest!r}.")
        log = self._session.events
        marks = {"sent": "→", "received": "←", "local": "·"}
        for event in log[-(int(rest) if rest else EVENTS_SHOWN) :] if rest != "0" else ():
            print(f"{event.t_s:9.3f} s {marks.get(event.direction, '?')} {event.type}")

    def explain(self, rest: str) -> Any:
        if not rest:
            raise ConfigError("explain takes a name, such as response.done, silence_duration_ms or 1006.")
        return rtnb.explain(_unquoted(rest))

    def save(self, rest: str) -> None:
        if not rest:
            raise ConfigError("save takes a path, such as talk.rtnb.")
        print(f"Saved to {self._session.save(_unquoted(rest))}.")

    def replay(self, rest: str) -> Any:
        if not rest:
            raise ConfigError("replay takes the path of a recording, such as talk.rtnb.")
        return rtnb.replay(_unquoted(rest))

    def close(self, rest: str) -> None:
        session = self._session
        session.close()
        print(repr(session))


def _settings(rest: str) -> tuple[list[str], dict[str, Any]]:
    """The words, and the NAME=VALUE pairs; a value is Python if it can be read as such, else text."""
    words, settings = [], {}
    for found in _SETTING.finditer(rest):
        name = found["name"]
        if name is None:
            words.append(_unquoted(found["word"]))
            continue
        if name in SECRET_NAMES:
            raise ConfigError(
                f"{name}= does not belong in a cell, which is saved with the notebook: set OPENAI_API_KEY, or call "
                "rtnb.connect(key=getpass.getpass()) in Python."
            )
        settings[name] = _value(found["value"])
    if any(_KEY.search(word) for word in words):
        raise ConfigError(
            "That looks like a key, which does not belong in a cell: set OPENAI_API_KEY, then '%rtnb connect openai'."
        )
    return words, settings


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {"true": True, "false": False, "none": None, "null": None}.get(text.lower(), text)


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def _completions(shell: Any, event: Any) -> list[str]:
    """For the Tab key: commands, then what explain knows."""
    words = event.line.split()
    if len(words) > 1 and words[1] == "explain" and (len(words) > 2 or event.line.endswith(" ")):
        from rtnb.protocol.explain import explainable_names

        return [name for name in explainable_names() if name.startswith(event.symbol)]
    if len(words) > 2 or (len(words) == 2 and event.line.endswith(" ")):
        return []
    return [name for name in COMMANDS if name.startswith(event.symbol)]
