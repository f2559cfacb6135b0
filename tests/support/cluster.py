"""``rtnb serve`` with workers, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

__all__ = ["Cluster", "wait_for"]


def wait_for(condition: Callable[[], Any], what: str, timeout_s: float = 30.0) -> Any:
    """Wait until something holds, and return it."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)
    return found


class Cluster:
    """A supervisor and what it started; tones for voices, so that it is there soon.

    Parameters
    ----------
    folder : Path
        For its files, temporary ones too.
    options : str
        Of ``rtnb serve``.
    patience : dict, optional
        Members of `Patience` that are not as usual.
    environment : str
        Variables that are set beside those of this process.
    """

    def __init__(
        self, folder: Path, *options: str, patience: dict[str, float] | None = None, **environment: str
    ) -> None:
        self.ready = folder / "ready.json"
        self.log = folder / "log.txt"
        program = ["-m", "rtnb", "serve"]
        if patience is not None:
            program = [str(Path(__file__).with_name("impatient.py")), json.dumps(patience)]
        command = [sys.executable, *program, "--port", "0", "--ready-file", str(self.ready), *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                # A supervisor that is killed leaves its temporary folder.
                env={**os.environ, "RTNB_VOICE": "tone", "TMPDIR": str(folder), **environment},
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self.ready.exists() or self.process.poll() is not None, "the server is ready")
        assert self.ready.exists(), self.log.read_text()
        self.url: str = json.loads(self.ready.read_text())["url"]
        self.root = self.url.replace("ws://", "http://").removesuffix("/v1/realtime")
        self.port = int(self.root.rpartition(":")[2])
        self._all = {worker.pid: worker for worker in self.workers()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            # Twice, so that nothing is waited for.
            self.terminate()
            self.terminate()
            self.process.wait(20)
        wait_for(lambda: not any(self.alive(pid) for pid in self._all), "the workers have ended")

    def workers(self) -> list[psutil.Process]:
        """Those that live, by age."""
        found = sorted(psutil.Process(self.process.pid).children(), key=lambda worker: worker.create_time())
        return [worker for worker in found if self._lives(worker)]

    @staticmethod
    def alive(pid: int) -> bool:
        """Whether a process is there and no zombie."""
        try:
            return Cluster._lives(psutil.Process(pid))
        except psutil.NoSuchProcess:
            return False

    @staticmethod
    def _lives(process: psutil.Process) -> bool:
        # One that was there a moment ago may have gone.
        try:
            return bool(process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def spread(self) -> dict[int, int]:
        """How many connections each worker has."""

        def count(worker: psutil.Process) -> int:
            try:
                connections = worker.net_connections("tcp")
            except psutil.NoSuchProcess:
                return 0
            return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == self.port for each in connections)

        return {worker.pid: count(worker) for worker in self.workers()}

    def http(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, self.root + path, timeout=20, trust_env=False, **options)

    def terminate(self) -> None:
        """Ask it to end."""
        self.process.send_signal(signal.SIGTERM)
