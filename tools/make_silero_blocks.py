"""Write rtnb/vad/engines/weights/silero_vad_16k_blocks.onnx: the sequence model's arithmetic as few large products.

    pip install onnx
    python tools/make_silero_blocks.py

The sequence export convolves each frame by itself: 79 us a frame on a 2.5 GHz Xeon, nearly all of it in kernels that
are called for four columns at a time. Over a block of frames the same sums are matrix products:

- the short-time Fourier transform multiplies the four windows of every frame (256 samples every 128, the last one
  reflected at its end, as the export pads) by its basis;
- a convolution of three taps over at most four columns multiplies the columns, side by side, by the matrix that has the
  taps where they fall and zeros where the padding is. Only the taps are stored; ONNX Runtime lays the matrix out when
  it loads the file, as all that it is made of is constant.

Inputs, outputs, recurrent part and weights are those of the sequence export, so that either can go on where the other
stopped. ``manifest.json`` gets the checksum. The bytes depend on the version of onnx; the graph does not.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

WEIGHTS = Path(__file__).resolve().parent.parent / "rtnb" / "vad" / "engines" / "weights"
SOURCE, TARGET = "silero_vad_16k_sequence.onnx", "silero_vad_16k_blocks.onnx"
SAMPLES, WINDOW, STEP = 576, 256, 128
BINS = WINDOW // 2 + 1
COLUMNS = 4
CONVOLUTIONS = ((4, 1), (4, 2), (2, 2), (1, 1))
"""Columns that go in, and stride, of each; three taps, and a column of zeros at each end."""
RECURRENT = {"W": "onnx::LSTM_209", "R": "onnx::LSTM_210", "B": "onnx::LSTM_211"}


class Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def integers(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, dtype=np.int64))

    def node(self, kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, list(outputs), **attributes))
        return outputs[0]

    def part(self, name: str, begin: int, end: int, step: int = 1) -> str:
        """Samples of every frame."""
        bounds = [self.integers(f"{name}_{what}", at) for what, at in (("begin", begin), ("end", end))]
        return self.node("Slice", ["input", *bounds, "second", self.integers(f"{name}_step", step)], name)


def windows(graph: Graph) -> str:
    """The windows of every frame, one a row."""
    starts = range(0, COLUMNS * STEP, STEP)
    parts = [graph.part(f"window{at}", at, min(at + WINDOW, SAMPLES)) for at in starts]
    missing = starts[-1] + WINDOW - SAMPLES
    mirror = SAMPLES - 2
    parts.append(graph.part("reflected", mirror, mirror - missing, -1))
    graph.node("Concat", parts, "side_by_side", axis=1)
    return graph.node("Reshape", ["side_by_side", graph.integers("window_rows", -1, WINDOW)], "windows")


def magnitudes(graph: Graph, basis: NDArray[np.float32], source: str) -> str:
    """The magnitudes of the spectrum of every frame, its columns side by side."""
    graph.node("MatMul", [source, graph.constant("basis", basis[:, 0, :].T)], "spectrum")
    graph.node("Split", ["spectrum", graph.integers("halves", BINS, BINS)], "real", "imaginary", axis=1)
    squares = [graph.node("Mul", [each, each], f"{each}_squared") for each in ("real", "imaginary")]
    graph.node("Sqrt", [graph.node("Add", squares, "power")], "magnitude")
    return graph.node("Reshape", ["magnitude", graph.integers("frame_rows", -1, COLUMNS * BINS)], "magnitudes")


def convolved(graph: Graph, number: int, weights: dict[str, NDArray[np.float32]], source: str) -> str:
    """One convolution and its rectifier."""
    columns, stride = CONVOLUTIONS[number]
    name = f"conv{number}"
    kernel, bias = weights[f"encoder.{number}.weight"], weights[f"encoder.{number}.bias"]
    channels_out, channels_in, taps = kernel.shape
    graph.constant(f"{name}_taps", kernel.transpose(2, 1, 0).reshape(taps * channels_in, channels_out))
    graph.constant(f"{name}_bias", bias)
    blocks, count = [], (columns - 1) // stride + 1
    for column in range(count):
        before = (column * stride - 1) * channels_in
        after = (columns - taps) * channels_in - before
        # A negative number takes rows away: those of the padding.
        pads = graph.integers(f"{name}_pads{column}", before, 0, after, 0)
        blocks.append(graph.node("Pad", [f"{name}_taps", pads], f"{name}_column{column}"))
    matrix = graph.node("Concat", blocks, f"{name}_matrix", axis=1)
    offsets = graph.node("Concat", [f"{name}_bias"] * count, f"{name}_offsets", axis=0)
    return graph.node("Relu", [graph.node("Gemm", [source, matrix, offsets], f"{name}_sums")], f"{name}_out")


def probabilities(graph: Graph, weights: dict[str, NDArray[np.float32]], source: str) -> None:
    """The recurrent part and the last sum, as in the source."""
    rows = graph.node("Unsqueeze", [source, "second"], "steps")
    constants = [graph.constant(f"lstm_{name}", weights[where]) for name, where in RECURRENT.items()]
    hidden = weights[RECURRENT["R"]].shape[-1]
    graph.node("LSTM", [rows, *constants, "", "h", "c"], "states", "hn", "cn", hidden_size=hidden)
    graph.node("Reshape", ["states", graph.integers("state_rows", -1, hidden)], "state_per_frame")
    graph.node("Relu", ["state_per_frame"], "rectified")
    last = [graph.constant("last", weights["output.weight"][0]), graph.constant("last_bias", weights["output.bias"])]
    graph.node("Sigmoid", [graph.node("Gemm", ["rectified", *last], "logits")], "column")
    graph.node("Reshape", ["column", graph.integers("flat", -1)], "speech_probs")


def main() -> None:
    source = onnx.load(WEIGHTS / SOURCE)
    weights = {each.name: numpy_helper.to_array(each) for each in source.graph.initializer}
    graph = Graph()
    graph.integers("second", 1)
    found = magnitudes(graph, weights["stft.forward_basis_buffer"], windows(graph))
    for number in range(len(CONVOLUTIONS)):
        found = convolved(graph, number, weights, found)
    probabilities(graph, weights, found)
    made = helper.make_graph(
        graph.nodes, "silero_vad_16k_blocks", source.graph.input, source.graph.output, graph.constants
    )
    model = helper.make_model(
        made, opset_imports=source.opset_import, ir_version=source.ir_version, producer_name="rtnb"
    )
    assert all(each.data_type in (TensorProto.FLOAT, TensorProto.INT64) for each in model.graph.initializer)
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString(deterministic=True)
    (WEIGHTS / TARGET).write_bytes(data)
    place = WEIGHTS / "manifest.json"
    manifest = json.loads(place.read_text("utf-8"))
    origin = manifest["silero"]
    manifest["silero_blocks"] = {
        "file": TARGET,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        **{key: origin[key] for key in ("package", "version", "licence", "licence_file")},
        "source": f"{SOURCE} (sha256 {origin['sha256']}), rearranged by tools/make_silero_blocks.py of rtnb",
        "date": origin["date"],
    }
    place.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
