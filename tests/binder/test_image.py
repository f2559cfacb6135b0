"""What repo2docker makes of a clone, and the environment that its Dockerfile makes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.binder import FACTS, HOME, PREFIX, as_user, note, variables

pytestmark = pytest.mark.course

EXTRAS_SATISFIED = """
import json
from importlib.metadata import distribution, version
from packaging.requirements import Requirement

EXTRAS = ("local", "vad", "lab", "mcp", "tokens")
wrong, seen = [], 0
for line in distribution("rtnb").requires:
    need = Requirement(line)
    if need.name != "rtnb" and any(need.marker is None or need.marker.evaluate({"extra": extra}) for extra in EXTRAS):
        seen += 1
        if not need.specifier.contains(version(need.name)):
            wrong.append(line)
print(json.dumps([seen, wrong]))
"""


def asked(rendered: dict[str, Any], program: str) -> Any:
    """What a program prints as JSON, in the environment."""
    command = [*as_user(), PREFIX / "bin" / "python", "-c", program]
    done = subprocess.run(command, cwd=HOME, env=variables(rendered), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_repo2docker_takes_the_python_of_runtime_txt(made: dict[str, Any]) -> None:
    rendered = made["rendered"]
    assert (rendered["buildpack"], rendered["python"]) == ("PythonBuildPack", "3.12")
    assert rendered["packages"] == []


def test_the_dockerfile_installs_the_pins_before_the_checkout_comes(made: dict[str, Any]) -> None:
    # So a change of the checkout does not install everything again.
    dockerfile = made["rendered"]["dockerfile"]
    pins = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')
    assert pins < dockerfile.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/") < dockerfile.index("./binder/postBuild")
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile
    assert "pip install --no-cache-dir .\n" not in dockerfile


def test_the_image_has_the_course_and_not_the_tests(made: dict[str, Any]) -> None:
    files = made["rendered"]["files"]
    folders = {Path(name).parts[0] for name in files}
    assert {"binder", "notebooks", "rtnb", "pyproject.toml", "README.md", "LICENSE"} <= folders
    assert not folders & {"tests", "benchmarks", ".git", ".ci"}
    assert "notebooks/00_quickstart.ipynb" in files


def test_the_environment_is_whole(made: dict[str, Any]) -> None:
    checked = subprocess.run([PREFIX / "bin" / "python", "-m", "pip", "check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    seen, wrong = asked(made["rendered"], EXTRAS_SATISFIED)
    assert seen > 20 and wrong == []
    note(environment_mb=made["environment_mb"], base_packages_mb=made["base_mb"], home_mb=made["home_mb"])
    note(install_s=made["install_s"], post_build_s=made["post_build_s"])


def test_rtnb_is_the_checkout(made: dict[str, Any]) -> None:
    program = "import json, rtnb, sys; print(json.dumps([rtnb.__file__, sys.version_info[:2]]))"
    file, version = asked(made["rendered"], program)
    assert Path(file).is_relative_to(HOME) and version == [3, 12]


def test_nothing_of_it_needed_root(made: dict[str, Any]) -> None:
    program = "import json, os; print(json.dumps([os.geteuid(), os.access(os.environ['HOME'], os.W_OK)]))"
    user, writes = asked(made["rendered"], program)
    if user == 0:
        pytest.skip("root has no other user here: setpriv is missing, or not allowed")
    assert writes
    for path in (HOME / "binder" / "postBuild", PREFIX / "etc" / "ipython" / "startup" / "10-rtnb.py"):
        assert path.stat().st_uid == user


def test_post_build_has_heard_a_word(made: dict[str, Any]) -> None:
    assert any("What is the weather in Paris?" in line for line in made["post_build"])


def test_post_build_leaves_fonts_and_bytecode(made: dict[str, Any]) -> None:
    assert list((HOME / ".cache" / "matplotlib").glob("fontlist-*.json"))
    sources = list((HOME / "rtnb").rglob("*.py"))
    assert sources and all(list((path.parent / "__pycache__").glob(f"{path.stem}.cpython-312.pyc")) for path in sources)


def test_notebooks_are_trusted(made: dict[str, Any]) -> None:
    program = """
import json, nbformat, pathlib
from nbformat.sign import NotebookNotary
notary = NotebookNotary(data_dir=str(pathlib.Path.home() / ".local/share/jupyter"))
paths = [path for path in pathlib.Path("notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts]
print(json.dumps([len(paths), [str(p) for p in paths if not notary.check_signature(nbformat.read(p, 4))]]))
"""
    count, untrusted = asked(made["rendered"], program)
    assert count > 2 and untrusted == []


def test_the_facts_are_of_this_machine(made: dict[str, Any]) -> None:
    assert FACTS.exists() and made["environment_mb"] > 500
