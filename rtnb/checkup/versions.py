"""Python, rtnb, what rtnb depends on, and who else has a say in it."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from rtnb.checkup.known import known, major
from rtnb.checkup.report import Finding

__all__ = [
    "EXTRAS",
    "Installed",
    "Interpreter",
    "Pins",
    "installed",
    "interpreter",
    "judge_installed",
    "judge_interpreter",
    "judge_pins",
    "pins",
    "version_of",
]

EXTRAS = {
    "local": "speech recognition and synthesis on this machine",
    "base": "recognition of a hundred languages",
    "vad": "one more detector of speech",
    "tokens": "exact counts of tokens",
    "mcp": "tools of MCP servers",
    "lab": "JupyterLab",
    "serve": "MCP and metrics for a server of one's own",
    "dask": "sweeps on a cluster",
}
"""Extras that somebody may miss, and what they bring; those for work on rtnb, and sums of these, are left out."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs."""

    version: tuple[int, int, int]
    system: str
    environment: str
    """Its folder, short."""
    isolated: bool
    """Whether it is a virtual or conda environment."""


def short(path: str | Path) -> str:
    """A path with the home folder as ``~``: what is stored in a notebook need not tell a user's name."""
    try:
        inside = Path(path).relative_to(Path.home())
    except (ValueError, RuntimeError):
        return str(path)
    return str(Path("~") / inside)


def version_of(name: str) -> str | None:
    """The version of an installed package; None where there is none.

    Examples
    --------
    >>> version_of("no-such-package") is None
    True
    """
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def interpreter() -> Interpreter:
    """Look."""
    return Interpreter(
        version=sys.version_info[:3],
        system=f"{platform.system()} {platform.machine()}",
        environment=short(sys.prefix),
        isolated=sys.prefix != sys.base_prefix or (Path(sys.prefix) / "conda-meta").is_dir(),
    )


def judge_interpreter(facts: Interpreter) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_interpreter(Interpreter((3, 12, 1), "Linux x86_64", "~/env", True))[0].verdict
    'ok'
    """
    version = ".".join(map(str, facts.version))
    found = f"{version} on {facts.system}, {facts.environment}"
    tested = known()["python"]["tested"]
    least = tuple(known()["python"]["least"])
    if facts.version[:2] < least:
        remedy = f"Make an environment with Python {'.'.join(map(str, least))} or newer: rtnb does not run on this one."
        return [Finding("Python", "problem", found, remedy)]
    if ".".join(map(str, facts.version[:2])) not in tested:
        return [Finding("Python", "note", found, f"rtnb is tested on Python {', '.join(tested)}; prefer one of these.")]
    if not facts.isolated:
        remedy = "An environment of its own keeps other projects' pins away: python -m venv .venv"
        return [Finding("Python", "note", f"{found} (no virtual environment)", remedy)]
    return [Finding("Python", "ok", found)]


@dataclass(frozen=True, slots=True)
class Installed:
    """rtnb and what it requires."""

    version: str
    extras: tuple[str, ...]
    """Those whose requirements are all there."""
    missing: tuple[str, ...]
    """Requirements that are not installed."""
    wrong: tuple[tuple[str, str], ...]
    """Requirements that another version is installed of, and that version."""


def installed() -> Installed:
    """Look; the metadata of packages alone, nothing is imported."""
    from importlib import metadata

    from packaging.requirements import Requirement

    distribution = metadata.distribution("rtnb")
    needed: dict[str, list[Requirement]] = {}
    for line in distribution.requires or ():
        requirement = Requirement(line)
        owners = [""] if requirement.marker is None else [
            extra for extra in ("", *EXTRAS) if requirement.marker.evaluate({"extra": extra})
        ]  # fmt: skip
        for owner in owners if "" not in owners else [""]:
            needed.setdefault(owner, []).append(requirement)

    def state(requirement: Requirement) -> str | None:
        """Empty where it is met, None where it is missing, else the version that is there."""
        version = version_of(requirement.name)
        if version is None:
            return None
        return "" if requirement.specifier.contains(version, prereleases=True) else version

    plain = {requirement: state(requirement) for requirement in needed.get("", ())}
    extras = [
        name for name in EXTRAS
        if needed.get(name)
        and all(each.name == "rtnb" or state(each) is not None for each in needed[name])
    ]  # fmt: skip
    partly = {each: state(each) for name in extras for each in needed[name] if each.name != "rtnb"}
    wrong = {str(each): version for each, version in {**plain, **partly}.items() if version}
    return Installed(
        version=distribution.version,
        extras=tuple(extras),
        missing=tuple(str(each) for each, version in plain.items() if version is None),
        wrong=tuple(wrong.items()),
    )


def judge_installed(facts: Installed) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> facts = Installed("0.1.0", ("local",), (), (("websockets<18", "19.0"),))
    >>> [finding.verdict for finding in judge_installed(facts)]
    ['ok', 'skipped', 'problem']
    """
    extras = f"with {', '.join(facts.extras)}" if facts.extras else "without extras"
    found = [Finding("rtnb", "ok", f"{facts.version}, {extras}")]
    if "local" not in facts.extras:
        remedy = 'To speak and be heard on this machine: pip install "rtnb[local]"'
        what = f"{facts.version}, {extras}: typed turns work, speech is not recognised and answers are plain tones"
        found = [Finding("rtnb", "note", what, remedy)]
    absent = [name for name in EXTRAS if name not in facts.extras and name != "local"]
    if absent:
        told = "; ".join(f"{name} ({EXTRAS[name]})" for name in absent)
        found.append(Finding("extras", "skipped", f"not installed: {told}", f'pip install "rtnb[{",".join(absent)}]"'))
    for name in facts.missing:
        found.append(Finding("requirement", "problem", f"{name} is not installed", f'pip install "{name}"'))
    for name, version in facts.wrong:
        what = f"{name} is required, {version} is installed"
        found.append(Finding("requirement", "problem", what, f'pip install "{_plain(name)}"'))
    return found


def _plain(requirement: str) -> str:
    """A requirement without what it depends on."""
    return requirement.partition(";")[0].strip()


@dataclass(frozen=True, slots=True)
class Pins:
    """websockets, and the packages here that want a certain one."""

    version: str | None
    supported: bool
    others: tuple[tuple[str, str, bool], ...]
    """Package, what it requires of websockets, and whether the installed version fits."""


def pins() -> Pins:
    """Look."""
    from importlib import metadata

    from packaging.requirements import InvalidRequirement, Requirement

    version = version_of("websockets")
    if version is None:
        return Pins(None, False, ())
    others: dict[str, tuple[str, bool]] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if not name or name == "rtnb":
            continue
        for line in distribution.requires or ():
            if not line.lower().startswith("websockets"):
                continue
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                continue
            applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if requirement.name.lower() == "websockets" and applies and requirement.specifier:
                others[name] = (str(requirement.specifier), requirement.specifier.contains(version, prereleases=True))
    listed = tuple((name, wanted, fits) for name, (wanted, fits) in sorted(others.items()))
    return Pins(version, major(version) in known()["websockets"]["tested"], listed)


def judge_pins(facts: Pins) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_pins(Pins("17.4", True, (("agents", "<16", False),)))[0].remedy
    'Give agents an environment of its own, or install a version that suits all: pip install "websockets>=15,<16"'
    """
    tested = known()["websockets"]["tested"]
    span = f"{tested[0]} to {tested[-1]}"
    install = f'pip install "websockets>={tested[0]},<{int(tested[-1]) + 1}"'
    if facts.version is None:
        return [Finding("websockets", "problem", "not installed", install)]
    if not facts.supported:
        return [Finding("websockets", "problem", f"{facts.version}; rtnb works with {span}", install)]
    clashes = [(name, wanted) for name, wanted, fits in facts.others if not fits]
    if clashes:
        names = ", ".join(name for name, _ in clashes)
        told = "; ".join(f"{name} requires {wanted}" for name, wanted in clashes)
        if len(clashes) == 1 and clashes[0][1].startswith("<") and "," not in clashes[0][1]:
            suits = f'pip install "websockets>={tested[0]},{clashes[0][1]}"'
        else:
            suits = f'pip install "websockets>={tested[0]}" {names}'
        remedy = f"Give {names} an environment of its own, or install a version that suits all: {suits}"
        return [Finding("websockets", "problem", f"{facts.version}, but {told}", remedy)]
    others = f"; it suits {', '.join(name for name, *_ in facts.others)} too" if facts.others else ""
    return [Finding("websockets", "ok", f"{facts.version} (rtnb works with {span}){others}")]
