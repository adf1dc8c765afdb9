"""A BERT encoder with mean pooling as an ONNX graph, built straight from its weights.

Devlin et al. 2019 for the encoder, Reimers and Gurevych 2019 for the pooling. Operators of opset 20 only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from .safetensors import Weights

OPSET = 20
IR_VERSION = 9
_EPSILON = 1e-12
_MASKED = -1e9


@dataclass(frozen=True, slots=True)
class Shape:
    """What the weights do not say themselves."""

    hidden: int
    layers: int
    heads: int


class _Builder:
    """Gathers the nodes and constants of one graph."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """Add a constant, whole numbers as such and others as 32-bit floats, and return its name."""
        given = np.asarray(value)
        array: npt.NDArray[Any] = np.ascontiguousarray(
            given.astype(np.int64 if given.dtype.kind == "i" else np.float32)
        )
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        """Add one of the model's weights and return its name."""
        value = self._weights[name]
        return self.constant(name, value.T if transposed else value)

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:  # noqa: ANN401 - ONNX's own
        """Add an operation and return what its result is called."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def linear(self, value: str, name: str, output: str) -> str:
        """Add `value · W + b`."""
        product = self.node("MatMul", [value, self.weight(f"{name}.weight", transposed=True)], f"{output}_x")
        return self.node("Add", [product, self.weight(f"{name}.bias")], output)

    def norm(self, value: str, name: str, output: str) -> str:
        """Add a layer normalisation."""
        inputs = [value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, output, axis=-1, epsilon=_EPSILON)


def build_model(weights: Weights, shape: Shape) -> ModelProto:
    """Return a model from `input_ids`, `attention_mask` (batch × tokens) to `sentence_embedding`."""
    graph = _Builder(weights)
    _add_constants(graph, shape)
    value = _add_input(graph)
    for layer in range(shape.layers):
        value = _add_layer(graph, value, layer)
    _add_pooling(graph, value)
    return _model(graph, shape)


def _add_constants(graph: _Builder, shape: Shape) -> None:
    size = shape.hidden // shape.heads
    graph.constant("split", [0, 0, shape.heads, size])
    graph.constant("join", [0, 0, shape.hidden])
    graph.constant("scale", 1 / np.sqrt(size))
    for name, value in (("zero", [0]), ("one", [1]), ("two", [2]), ("inner", [1, 2]), ("last", [-1])):
        graph.constant(name, value)


def _add_input(graph: _Builder) -> str:
    """Add word, place and type embeddings, and what the attention adds where there is no word."""
    words = graph.weight("embeddings.word_embeddings.weight")
    graph.node("Gather", [words, "input_ids"], "words")
    graph.node("Shape", ["input_ids"], "shape")
    graph.node("Slice", ["shape", "one", "two", "zero"], "length")
    places = graph.weight("embeddings.position_embeddings.weight")
    graph.node("Slice", [places, "zero", "length", "zero"], "places")
    graph.node("Add", ["words", "places"], "placed")
    types = graph.weight("embeddings.token_type_embeddings.weight")
    graph.node("Slice", [types, "zero", "one", "zero"], "type")
    graph.node("Add", ["placed", "type"], "embedded")
    graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    graph.node("Unsqueeze", ["mask", "inner"], "mask4")
    graph.node("Sub", [graph.constant("unmasked", 1.0), "mask4"], "absent")
    graph.node("Mul", ["absent", graph.constant("masked", _MASKED)], "bias")
    return graph.norm("embedded", "embeddings.LayerNorm", "layer_in")


def _add_layer(graph: _Builder, value: str, layer: int) -> str:
    name = f"encoder.layer.{layer}"
    for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        graph.linear(value, f"{name}.attention.self.{part}", f"{part}{layer}")
        graph.node("Reshape", [f"{part}{layer}", "split"], f"{part}{layer}_s")
        graph.node("Transpose", [f"{part}{layer}_s"], f"{part}{layer}_t", perm=order)
    graph.node("MatMul", [f"query{layer}_t", f"key{layer}_t"], f"scores{layer}")
    graph.node("Mul", [f"scores{layer}", "scale"], f"scaled{layer}")
    graph.node("Add", [f"scaled{layer}", "bias"], f"biased{layer}")
    graph.node("Softmax", [f"biased{layer}"], f"attention{layer}", axis=-1)
    graph.node("MatMul", [f"attention{layer}", f"value{layer}_t"], f"seen{layer}")
    graph.node("Transpose", [f"seen{layer}"], f"seen{layer}_t", perm=[0, 2, 1, 3])
    graph.node("Reshape", [f"seen{layer}_t", "join"], f"joined{layer}")
    graph.linear(f"joined{layer}", f"{name}.attention.output.dense", f"attended{layer}")
    graph.node("Add", [f"attended{layer}", value], f"first{layer}")
    middle = graph.norm(f"first{layer}", f"{name}.attention.output.LayerNorm", f"middle{layer}")
    graph.linear(middle, f"{name}.intermediate.dense", f"wide{layer}")
    graph.node("Gelu", [f"wide{layer}"], f"active{layer}", approximate="none")
    graph.linear(f"active{layer}", f"{name}.output.dense", f"narrow{layer}")
    graph.node("Add", [f"narrow{layer}", middle], f"second{layer}")
    return graph.norm(f"second{layer}", f"{name}.output.LayerNorm", f"layer_out{layer}")


def _add_pooling(graph: _Builder, value: str) -> None:
    """Add the mean over the words that are there, brought to length 1."""
    graph.node("Unsqueeze", ["mask", "two"], "mask3")
    graph.node("Mul", [value, "mask3"], "present")
    graph.node("ReduceSum", ["present", "one"], "sum", keepdims=0)
    graph.node("ReduceSum", ["mask3", "one"], "count", keepdims=0)
    graph.node("Div", ["sum", "count"], "mean")
    graph.node("ReduceL2", ["mean", "last"], "norm", keepdims=1)
    graph.node("Div", ["mean", "norm"], "sentence_embedding")


def _model(graph: _Builder, shape: Shape) -> ModelProto:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", shape.hidden])
    whole: GraphProto = helper.make_graph(graph.nodes, "encoder", inputs, [output], graph.constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    return model
