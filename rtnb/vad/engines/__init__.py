"""Where speech probabilities come from.

::

    base.py      the protocol           finding.py   engines by name, of plug-ins too
    framing.py   samples to frames      guarded.py   engines of others, checked
    silero.py, earshot_engine.py, energy.py
"""

from rtnb.vad.engines.base import Engine, EngineStream
from rtnb.vad.engines.finding import ENGINES, as_engine, default_engine, engine_names, load_engine
from rtnb.vad.engines.framing import Framer

__all__ = [
    "ENGINES",
    "Engine",
    "EngineStream",
    "Framer",
    "as_engine",
    "default_engine",
    "engine_names",
    "load_engine",
]
