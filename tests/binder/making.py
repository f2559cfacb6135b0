"""Makes on this machine what repo2docker would make in an image: ``python tests/binder/making.py``.

No docker, and no conda: repo2docker detects, renders and says which files go where; a virtual environment of the same
Python gets what its lock file installs, as far as PyPI has it; then the Dockerfile's own lines run, postBuild among
them, in an export of the checkout: of what git tracks, as a clone has it (RTNB_UNTRACKED=1 takes new files as well).
Root has another user do it, who owns nothing else, as in the image. All of it lies in ``.interop``; what has not
changed since is left as it is. Where it cannot be made, the tests say why, and are skipped (or fail, with
RTNB_REQUIRE_ALL=1). ``--tools`` makes only the environment of repo2docker.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import pin_binder
from environments import NotMade, make_python, run
from support.binder import ARTIFACT, FACTS, FAILED, HOME, MADE, PREFIX, USER, as_user, note, variables
from support.pythons import find_python

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOOLS = pin_binder.TOOLS.parent
LIMIT_S = 900


def main() -> int:
    """Make what is missing or out of date; 0 even when it could not be made, which the tests tell."""
    try:
        tools()
    except NotMade as reason:
        return failed(reason) if "--tools" not in sys.argv else told(reason)
    if "--tools" in sys.argv:
        return 0
    try:
        # Whoever stops it in the middle leaves nothing that the tests take for whole.
        ARTIFACT.unlink(missing_ok=True)
        FACTS.unlink(missing_ok=True)
        facts: dict[str, Any] = {"rendered": exported()}
        facts |= environment(facts["rendered"])
        facts |= assembled(facts["rendered"])
        FACTS.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        FAILED.unlink(missing_ok=True)
        note(commit=commit())
    except NotMade as reason:
        return failed(reason)
    return 0


def failed(reason: NotMade) -> int:
    """Left for the tests to tell."""
    MADE.mkdir(parents=True, exist_ok=True)
    FAILED.write_text(f"{reason}\n", encoding="utf-8")
    told(reason)
    return 0


def told(reason: NotMade) -> int:
    """For whoever needs it now."""
    print(f"  not made: {reason}", file=sys.stderr, flush=True)
    return 1


def commit() -> str:
    """Whose figures these are; with a plus when the checkout has changed since."""
    hidden = ("--untracked-files=no", "--porcelain")
    changed = run("git", "-C", ROOT, "status", *hidden).strip()
    return run("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip() + ("+" if changed else "")


def tools() -> None:
    """repo2docker and uv, in an environment of their own."""
    pins, ready = HERE / "requirements.txt", TOOLS / ".ready"
    wanted = digest(sys.version.encode(), pins.read_bytes())
    if not (ready.exists() and ready.read_text() == wanted):
        print("Making the environment of repo2docker ...", flush=True)
        shutil.rmtree(TOOLS, ignore_errors=True)
        make_python(pins, TOOLS)
        ready.write_text(wanted)


def exported() -> dict[str, Any]:
    """The checkout as a clone has it, less what repo2docker leaves out; what repo2docker makes of it."""
    source = MADE / "source"
    shutil.rmtree(source, ignore_errors=True)
    others = ("--others", "--exclude-standard") if os.environ.get("RTNB_UNTRACKED") == "1" else ()
    listed = run("git", "-C", ROOT, "ls-files", "-z", "--cached", *others)
    copy([ROOT / name for name in filter(None, listed.split("\0"))], ROOT, source)
    rendered: dict[str, Any] = json.loads(run(TOOLS / "bin" / "python", HERE / "rendering.py", folder=source))
    kept = set(rendered["files"])
    # What changes while it runs (notebooks, settings) begins anew; compiled files would be made again.
    for path in HOME.rglob("*") if HOME.exists() else ():
        if not path.is_dir() and path.suffix != ".pyc" and path.relative_to(HOME).as_posix() not in kept:
            path.unlink()
    copy([source / name for name in kept], source, HOME)
    shutil.rmtree(source)
    own(HOME)
    return rendered


def own(folder: Path) -> None:
    """To the image's user, where that is another."""
    if as_user():
        run("chown", "-R", f"{USER}:{USER}", folder)


def copy(files: list[Path], origin: Path, target: Path) -> None:
    """With their times, so that compiled files stay good."""
    for file in files:
        if file.is_file():
            place = target / file.relative_to(origin)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, place)


def environment(rendered: dict[str, Any]) -> dict[str, Any]:
    """repo2docker's own environment, and on it what the Dockerfile installs before the checkout comes."""
    version = rendered["python"]
    python = find_python(version)
    if python is None:
        raise NotMade(f"there is no Python {version} here (searched: PATH, pyenv, uv)")
    base = pin_binder.base_environment(version)
    lines = [script for _, script in rendered["preassemble"]]
    files = [HOME / name for name in rendered["preassemble_files"]]
    wanted = digest(str((python, base, lines)).encode(), *(file.read_bytes() for file in files))
    ready, noted = PREFIX / ".ready", MADE / "installed.json"
    if ready.exists() and ready.read_text() == wanted and noted.exists():
        return dict(json.loads(noted.read_text("utf-8")))
    shutil.rmtree(PREFIX, ignore_errors=True)
    print("Making the environment of Binder ...", flush=True)
    run(python, "-m", "venv", PREFIX)
    pip = PREFIX / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"
    run(*pip, "--no-deps", *(f"{name}=={release}" for name, release in base.items()))
    own(PREFIX)
    base_mb = size_mb(PREFIX)
    begun = time.monotonic()
    for line in lines:
        said = shell(line, rendered)
    facts = {"base_mb": base_mb, "install_s": round(time.monotonic() - begun, 1), "pip": said.splitlines()[-3:]}
    print(f"  {facts['install_s']:.0f} s", flush=True)
    noted.write_text(json.dumps(facts), encoding="utf-8")
    ready.write_text(wanted)
    return facts


def assembled(rendered: dict[str, Any]) -> dict[str, Any]:
    """What the Dockerfile does once the checkout is there, postBuild included."""
    # Root's kernels may have compiled something in it.
    own(PREFIX)
    begun = time.monotonic()
    for line in [script for _, script in rendered["assemble"]] + [f"./{script}" for script in rendered["post_build"]]:
        said = shell(line, rendered)
    facts = {
        "post_build_s": round(time.monotonic() - begun, 1),
        "post_build": said.splitlines()[-3:],
        "environment_mb": size_mb(PREFIX),
        "home_mb": size_mb(HOME),
    }
    print(f"  postBuild: {facts['post_build_s']:.0f} s", flush=True)
    return facts


def shell(line: str, rendered: dict[str, Any]) -> str:
    """What a RUN line of the Dockerfile prints."""
    try:
        done = subprocess.run(
            [*as_user(), "/bin/sh", "-c", line], cwd=HOME, env=variables(rendered), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=LIMIT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotMade(f"'{line}' did not end in {LIMIT_S} s") from None
    if done.returncode:
        raise NotMade(f"'{line}' ended with {done.returncode}: {(done.stderr + done.stdout)[-1500:]}")
    return done.stdout


def size_mb(folder: Path) -> int:
    """Room on the disk."""
    return int(re.split(r"\s", run("du", "-sm", folder))[0])


def digest(*parts: bytes) -> str:
    """Changes with any of them."""
    made = hashlib.sha256()
    for part in parts:
        made.update(part)
    return made.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
