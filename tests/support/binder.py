"""What ``make binder`` made: the environment, the user's home, JupyterLab as Binder starts it, and its memory."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil

__all__ = [
    "ARTIFACT",
    "FACTS",
    "FAILED",
    "HOME",
    "MADE",
    "PREFIX",
    "USER",
    "Lab",
    "Tree",
    "as_user",
    "binder_lab",
    "facts",
    "note",
    "variables",
]

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".interop" / "binder"
PREFIX = MADE / "environment"
HOME = MADE / "home"
"""As in the image, the checkout is the user's home."""
FACTS = MADE / "facts.json"
"""What repo2docker said, and what making it took."""
FAILED = MADE / ".failed"
"""Why it could not be made."""
ARTIFACT = Path(os.environ.get("RTNB_ARTIFACTS", ROOT / "artifacts")) / "binder.json"
"""The figures of one run: making the environment begins it anew."""
USER = 1000
"""Number of the image's user."""

MB = 1 << 20


def facts() -> dict[str, Any]:
    """As noted when it was made.

    Raises
    ------
    RuntimeError
        It was not.
    """
    if FAILED.exists():
        raise RuntimeError(FAILED.read_text("utf-8").strip())
    if not FACTS.exists():
        raise RuntimeError("'make binder' makes it")
    found: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))
    return found


@cache
def as_user() -> tuple[str, ...]:
    """What goes before a command so that the image's user runs it, where root runs the tests; nothing elsewhere.

    It may read what this machine keeps in root's home (a Python of pyenv, perhaps), and write only what is its own.
    """
    reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    command = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *reading)
    if (
        os.geteuid()
        or not shutil.which("setpriv")
        or subprocess.run([*command, "true"], capture_output=True).returncode
    ):
        return ()
    return command


def note(**figures: object) -> None:
    """Add figures to those of this run."""
    before = json.loads(ARTIFACT.read_text("utf-8")) if ARTIFACT.exists() else {}
    ARTIFACT.parent.mkdir(exist_ok=True)
    ARTIFACT.write_text(json.dumps({**before, **figures}, indent=1) + "\n", encoding="utf-8")


def variables(rendered: dict[str, Any]) -> dict[str, str]:
    """The environment of the image, and this machine's own where that does not matter."""
    strange = ("PYTHON", "RTNB_", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "JPY_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    places = {name: str(PREFIX) for name in ("NB_PYTHON_PREFIX", "KERNEL_PYTHON_PREFIX", "CONDA_DEFAULT_ENV")}
    return {
        **own,
        **places,
        "PATH": os.pathsep.join([str(PREFIX / "bin"), own["PATH"]]),
        "HOME": str(HOME),
        "REPO_DIR": str(HOME),
        "R2D_ENTRYPOINT": rendered["start"].replace("${REPO_DIR}", str(HOME)),
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


class Tree:
    """Memory of a process and all that come from it, as proportional set size, sampled until it is stopped."""

    def __init__(self, pid: int, every_s: float = 0.5) -> None:
        self.root = psutil.Process(pid)
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="tree", daemon=True)
        self.peak_mb = 0.0
        self.at_peak: dict[str, float] = {}
        """Megabytes by process at that moment."""
        self._thread.start()

    def now_mb(self) -> dict[str, float]:
        """Megabytes by process."""
        found = {}
        for process in self.family():
            try:
                rows = Path(f"/proc/{process.pid}/smaps_rollup").read_text("utf-8").splitlines()
                kilobytes = next((row.split()[1] for row in rows if row.startswith("Pss:")), "0")
                name = " ".join(Path(part).name for part in process.cmdline()[:3])
                found[f"{process.pid} {name}"] = int(kilobytes) * 1024 / MB
            except (OSError, psutil.Error):
                # It has ended meanwhile.
                continue
        return found

    def family(self) -> list[psutil.Process]:
        """All of them; none once the first has ended."""
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _sample(self) -> None:
        while not self._over.wait(self._every_s):
            now = self.now_mb()
            if (total := sum(now.values())) > self.peak_mb:
                self.peak_mb, self.at_peak = total, now

    def stop(self) -> None:
        """No more samples."""
        self._over.set()
        self._thread.join()


@dataclass
class Lab:
    """A JupyterLab as Binder starts it."""

    root: str
    """Its address, up to and without the last slash."""
    token: str
    process: subprocess.Popen[bytes]
    begun_s: float
    """When it was started, on the monotonic clock."""
    up_s: float = 0.0
    """How long until it answered."""
    tree: Tree = field(init=False)

    def __post_init__(self) -> None:
        self.tree = Tree(self.process.pid)

    def address(self, path: str, *, api: bool = False) -> str:
        """Of a page of JupyterLab, or of the server's API."""
        return f"{self.root}/{path}?token={self.token}" + ("" if api else "&reset")


@contextmanager
def binder_lab(log: Path) -> Iterator[Lab]:
    """The container's entry point, with the command that BinderHub gives it."""
    from support.lab import _wait_until_up, free_port

    rendered = facts()["rendered"]
    port, token = free_port(), secrets.token_hex(16)
    base = f"/user/rtnb-rtnb-{secrets.token_hex(4)}/"
    # Where root has no other user, it is root who starts it.
    rooted = () if os.geteuid() or as_user() else ("--allow-root",)
    command = [
        *as_user(), str(PREFIX / "bin" / "python"), "-u", rendered["entrypoint"], "jupyter-lab", *rooted,
        "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        f"--ServerApp.base_url={base}",
        f"--IdentityProvider.token={token}", "--ServerApp.trust_xheaders=True", "--ServerApp.allow_origin=*",
    ]  # fmt: skip
    with log.open("wb") as out:
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=HOME, env=variables(rendered), stdout=out, stderr=out)
        lab = Lab(f"http://127.0.0.1:{port}{base}".rstrip("/"), token, process, begun)
        try:
            _wait_until_up(lab.address("api", api=True), process, log)
            lab.up_s = time.monotonic() - begun
            yield lab
        finally:
            lab.tree.stop()
            family = lab.tree.family()[1:]
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
            for each in psutil.wait_procs(family, timeout=5)[1]:
                each.kill()
            process.wait(5)
