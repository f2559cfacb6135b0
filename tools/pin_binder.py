"""Pin what Binder installs: binder/requirements.txt, from binder/requirements.in and the extras of pyproject.toml.

What repo2docker's own environment has already keeps its version where the requirements allow it, so that little is
installed twice. Everything else keeps the version it has in requirements.txt, unless --upgrade is given.

Usage: python tools/pin_binder.py [--upgrade] [--check]    (--check changes nothing, and fails if something is missing)

uv and jupyter-repo2docker come from the environment that `make binder` makes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
PINS = BINDER / "requirements.txt"
EXTRAS = ("local", "vad", "lab", "mcp")
PLATFORM = "x86_64-manylinux_2_28"
"""Of mybinder.org's images."""
TOOLS = ROOT / ".interop" / "binder-tools" / "bin"

HEAD = """\
# Made by tools/pin_binder.py from requirements.in and the extras {extras} of pyproject.toml: do not edit.
# For Python {python} on Linux.
"""

CONDA_NAMES = {
    "brotli-python": "brotli",
    "jupyterhub-base": "jupyterhub",
    "nbconvert-core": "nbconvert",
    "python-fastjsonschema": "fastjsonschema",
    "stack_data": "stack-data",
}
"""What PyPI calls otherwise."""

NOT_ON_PYPI = re.compile(
    r"_|lib|ld_impl|python$|python_abi|python-gil|cpython|nodejs|openssl|zlib|zstd$|krb5|icu|yaml$|tk$|readline|ncurses|keyutils"
    r"|bzip2|ca-cert|tzdata|zeromq|notebook-shim$|typing_utils|typing-extensions|cached-property|importlib-metadata|pickleshare"
    r"|.*-with-|jupyterhub-singleuser|pyyaml-"
)


def python_version() -> str:
    """As runtime.txt says."""
    return (BINDER / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")


def base_environment(python: str) -> dict[str, str]:
    """Names on PyPI and versions of what repo2docker's lock file installs before anything of ours."""
    program = "import repo2docker, pathlib; print(pathlib.Path(repo2docker.__file__).parent)"
    if not (TOOLS / "python").exists():
        sys.exit("There is no environment of repo2docker: 'make pin' makes it, and says what keeps it from it.")
    asked = subprocess.run([TOOLS / "python", "-c", program], capture_output=True, text=True)
    if asked.returncode:
        sys.exit(f"The environment of repo2docker is broken: {asked.stderr.strip()[-500:]}")
    folder = Path(asked.stdout.strip()) / "buildpacks" / "conda"
    found = {}
    for line in (folder / f"environment.py-{python}-linux-64.lock").read_text("utf-8").splitlines():
        if line.startswith("https://"):
            name, version, _ = line.rsplit("/", 1)[1].rsplit("-", 2)
            if not NOT_ON_PYPI.match(name):
                found[CONDA_NAMES.get(name, name)] = version
    return found


def pins() -> dict[str, str]:
    """Names and versions of requirements.txt."""
    rows = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", PINS.read_text("utf-8"), flags=re.MULTILINE)
    return dict(rows)


def compiled(*, upgrade: bool) -> str:
    """The text of requirements.txt."""
    python = python_version()
    preferred = base_environment(python)
    if PINS.exists() and not upgrade:
        preferred |= pins()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "requirements.txt"
        out.write_text("".join(f"{name}=={version}\n" for name, version in preferred.items()), encoding="utf-8")
        command: list[str | Path] = [
            TOOLS / "uv", "pip", "compile", "--quiet", "--no-header", "--generate-hashes",
            "--python-version", python, "--python-platform", PLATFORM,
            *(part for extra in EXTRAS for part in ("--extra", extra)),
            "pyproject.toml", "binder/requirements.in", "--output-file", out,
        ]  # fmt: skip
        if status := subprocess.run(command, cwd=ROOT).returncode:
            sys.exit(f"uv ended with {status}; requirements.txt is as it was.")
        return HEAD.format(extras=", ".join(EXTRAS), python=python) + out.read_text("utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("--check", action="store_true", help="only say whether requirements.txt still fits")
    asked = parser.parse_args()
    text = compiled(upgrade=asked.upgrade)
    if asked.check:
        fits = text == PINS.read_text("utf-8")
        print("binder/requirements.txt fits." if fits else "binder/requirements.txt is old: make pin", file=sys.stderr)
        return 0 if fits else 1
    PINS.write_text(text, encoding="utf-8")
    print(f"{len(pins())} packages in binder/requirements.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
