"""Networks in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.require import require_module

import rtnb.vad.engines.silero
from rtnb._onnx import open_network

pytestmark = pytest.mark.local


def test_one_thread_and_nothing_kept() -> None:
    require_module("onnxruntime")
    file = next(Path(rtnb.vad.engines.silero.__file__).parent.rglob("silero*.onnx"))
    network = open_network(file)
    options = network.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert not options.enable_cpu_mem_arena and not options.enable_mem_pattern
    assert network.get_providers() == ["CPUExecutionProvider"]
