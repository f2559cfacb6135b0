"""Which checks there are, and in which order they are told."""

from __future__ import annotations

import os
from typing import Any, Final

from rtnb.checkup import audio, frontend, kernels, keys, machine, models, network, serving, speaking, versions
from rtnb.checkup.checking import LIGHT, Check, Lane

__all__ = ["GROUPS", "plan"]

QUICK: Final = "left out, as quick was asked for"
OFFLINE: Final = "left out, as offline was asked for"

GROUPS: Final = {
    "python": "Python and packages",
    "kernel": "Kernel",
    "widgets": "Widget front end",
    "page": "This page",
    "audio": "Audio",
    "models": "Models",
    "server": "Embedded server",
    "key": "Key",
    "network": "Network",
    "machine": "Machine",
}
"""Groups in their order, and their headings."""

_SLOW: Final = "The machine is very busy or too small for the models: close what else runs, or use RTNB_VOICE=tone."
_HEAVY: Final = Lane("heavy", after=LIGHT, strict=True)
"""They load the models that the next one uses, and measure: alone."""
_NETWORK: Final = Lane("network")
_CLOCK: Final = Lane("clock")


def plan(*, quick: bool = False, offline: bool = False) -> list[Check[Any]]:
    """The checks, in the order in which they are told.

    Examples
    --------
    >>> sorted(check.name for check in plan(quick=True, offline=True) if check.skipped)
    ['loading', 'spoken sentence', 'turns', 'way to the API']
    """
    hasty = QUICK if quick else ""
    named = network.named(os.environ)
    return [
        Check("python", "Python", versions.interpreter, versions.judge_interpreter),
        Check("python", "rtnb", versions.installed, versions.judge_installed),
        Check("python", "websockets", versions.pins, versions.judge_pins),
        Check("kernel", "ipykernel", kernels.kernel, kernels.judge_kernel),
        Check("kernel", "kernelspecs", kernels.specs, kernels.judge_specs),
        Check("widgets", "widget front end", frontend.front_end, frontend.judge_front_end),
        Check("audio", "audio files", audio.formats, audio.judge_formats),
        Check("audio", "resampling", audio.resampled, audio.judge_resampled),
        Check("models", "model files", models.weights, models.judge_weights, 60, _HEAVY, late=_SLOW),
        # Before the models are loaded, as it asks whether they have room.
        Check("machine", "memory", machine.memory, machine.judge_memory, lane=_HEAVY),
        Check("models", "loading", models.loaded, models.judge_loaded, 60, _HEAVY, hasty, _SLOW, "problem"),
        Check("models", "spoken sentence", speaking.spoken, speaking.judge_spoken, 30, _HEAVY, hasty, _SLOW, "problem"),
        Check("server", "loopback", serving.loopback, serving.judge_loopback),
        Check("server", "proxies", serving.proxies, serving.judge_proxies),
        Check("server", "turns", serving.turns, serving.judge_turns, 30, _HEAVY, hasty, _SLOW, "problem"),
        Check("key", "API key", keys.key, keys.judge_key),
        Check("key", "keys in files", keys.leaks, keys.judge_leaks),
        Check("network", "way to the API", network.route, network.judge_route, 5 * network.TIMEOUT_S, _NETWORK,
              OFFLINE if offline else "",
              "The name service does not answer: check the network. The embedded server works without it.",
              "problem" if named else "note"),
        Check("machine", "room on disk", machine.places, machine.judge_places),
        Check("machine", "clock", machine.clock, machine.judge_clock, lane=_CLOCK),
    ]  # fmt: skip
