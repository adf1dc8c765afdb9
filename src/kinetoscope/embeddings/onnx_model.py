"""Runs a sentence model with onnxruntime. Imported only in processes that embed, when they begin to."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
from tokenizers import Encoding, Tokenizer

from .kept_model import ModelFiles
from .models import Model, Vector

_MOST_TOKENS = 256
_PADDINGS = ("[PAD]", "<pad>")

_runtime = cast("Any", onnxruntime)
Matrix = npt.NDArray[np.float32]


class OnnxModel:
    """A loaded model. Texts longer than 256 tokens are cut."""

    def __init__(self, files: ModelFiles, *, threads: int) -> None:
        options: Any = _runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A thread that spins while it waits takes a whole core from the others of this machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # it only ever grows
        self._session: Any = _runtime.InferenceSession(
            str(files.graph), options, providers=["CPUExecutionProvider"]
        )
        self._takes = {given.name for given in self._session.get_inputs()}
        output = self._session.get_outputs()[0]
        self._output: str = output.name
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        cast("Any", self._tokenizer).enable_truncation(_MOST_TOKENS)
        self._tokenizer.no_padding()
        found = (self._tokenizer.token_to_id(name) for name in _PADDINGS)
        self._padding = next((number for number in found if number is not None), 0)
        self.model = Model(files.name, files.sha256, int(output.shape[-1]))

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return one vector of length 1 for each text."""
        encodings = self._tokenizer.encode_batch([text or " " for text in texts])
        result: Any = self._session.run([self._output], self._inputs(encodings))[0]
        if result.ndim == 3:  # noqa: PLR2004 - one vector for each token: their mean is the sentence's
            result = _mean(result, encodings)
        lengths = np.linalg.norm(result, axis=1, keepdims=True)
        vectors: list[Vector] = (result / np.maximum(lengths, 1e-9)).tolist()
        return vectors

    def _inputs(self, encodings: Sequence[Encoding]) -> dict[str, Any]:
        shape = (len(encodings), max(len(encoding.ids) for encoding in encodings))
        ids = np.full(shape, self._padding, np.int64)
        mask = np.zeros(shape, np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
        return {name: value for name, value in given.items() if name in self._takes}


def _mean(tokens: Matrix, encodings: Sequence[Encoding]) -> Matrix:
    return np.stack(
        [row[: len(encoding.ids)].mean(axis=0) for row, encoding in zip(tokens, encodings, strict=True)]
    )


def load(files: ModelFiles, *, threads: int) -> OnnxModel:
    """Return a model that is ready to embed."""
    return OnnxModel(files, threads=threads)
