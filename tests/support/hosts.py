"""Jupyter's other hosts for browser tests, on real notebooks and in an empty home: Notebook 7 and Voila."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.lab import SETTINGS, free_port

__all__ = ["notebook7", "settle", "voila"]

PATIENCE_S = 60.0


@contextmanager
def notebook7(root: Path, home: Path, *, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Notebook 7 on `root`; yields the address of a notebook with ``{}`` for its name."""
    settle(home, {"@jupyterlab/apputils-extension/themes": {"theme": theme}})
    port, token = free_port(), secrets.token_hex(16)
    command = [
        sys.executable, "-m", "notebook", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}",
    ]  # fmt: skip
    with _running(command, home, f"http://127.0.0.1:{port}/api?token={token}"):
        yield f"http://127.0.0.1:{port}/notebooks/{{}}?token={token}"


@contextmanager
def voila(notebook: Path, home: Path) -> Iterator[str]:
    """Voila on one notebook, which runs anew for each visitor; yields its address.

    The theme is asked for in the address: ``?theme=dark``.
    """
    settle(home, {})
    port, token = free_port(), secrets.token_hex(16)
    command = [
        sys.executable, "-m", "voila", str(notebook), "--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}",
        f"--token={token}", "--VoilaConfiguration.allow_theme_override=YES", "--show_tracebacks=True",
    ]  # fmt: skip
    # Its first page runs the notebook: whether it is up is asked of what is static.
    with _running(command, home, f"http://127.0.0.1:{port}/voila/static/voila.js?token={token}"):
        yield f"http://127.0.0.1:{port}/?token={token}"


def settle(home: Path, settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what a host is to know at its first start."""
    for name, values in {**SETTINGS, **settings}.items():
        path = home / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


@contextmanager
def _running(command: Sequence[str], home: Path, probe: str) -> Iterator[None]:
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }
    told = home / "host.log"
    with told.open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_up(probe, process, told)
            yield
        finally:
            process.terminate()
            process.wait(15)


def _wait_until_up(probe: str, process: subprocess.Popen[bytes], told: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(probe, timeout=2).close()
            return
        except urllib.error.HTTPError:
            # It answers: there is a server.
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"The host did not start:\n{told.read_text()[-2000:]}")
