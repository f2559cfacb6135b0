"""What repo2docker itself makes of a folder, as JSON; runs in an environment that has it: ``python rendering.py``."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from docker.utils.build import exclude_paths
from repo2docker import buildpacks
from repo2docker.app import Repo2Docker

PLATFORM = "linux/amd64"


def ignored() -> list[str]:
    """The patterns of the ignore file, read as the build reads it."""
    file = Path("binder/.dockerignore")
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def main() -> int:
    app = Repo2Docker()
    picked = next(pack for kind in app.buildpacks if (pack := kind(base_image=app.base_image)).detect())
    picked.platform = PLATFORM
    # repo2docker speaks to docker's daemon only to build; all the rest is here.
    build = dict(picked.get_build_env())
    home = Path(buildpacks.__file__).parent
    found = {
        "buildpack": type(picked).__name__,
        "python": picked.python_version,
        "base_image": picked.base_image,
        "preassemble": list(picked.get_preassemble_scripts()),
        "preassemble_files": sorted(picked.get_preassemble_script_files()),
        "assemble": list(picked.get_assemble_scripts()),
        "post_build": picked.get_post_build_scripts(),
        "start": picked.get_start_script(),
        "build_env": build,
        "packages": sorted(picked.get_packages()),
        "dockerfile": picked.render({"NB_UID": "1000"}),
        "files": sorted(path for path in exclude_paths(".", ignored()) if not Path(path).is_dir()),
        "entrypoint": str(home / "repo2docker-entrypoint"),
    }
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.exit(main())
