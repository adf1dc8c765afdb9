"""The default model as it is kept in the data directory: made once, checked at each start."""

import hashlib
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event

import msgspec

from .models import EmbedderUnavailable

NAME = "all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors: these very weights, whoever brings them."""

_PACKAGE = "all_minilm_l6_v2"
_SECONDS = 300
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on the disk: a graph for onnxruntime, and the tokenizer that goes with it."""

    name: str
    sha256: str
    graph: Path
    tokenizer: Path


class Manifest(msgspec.Struct, frozen=True):
    """What the graph was made from, and what it must be."""

    weights_sha256: str
    graph_sha256: str


def archive_of_weights() -> Path:
    """Return the archive with the weights, in the package that brings them."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbedderUnavailable("The model's weights are not installed. Run: make setup")
    return Path(spec.origin).with_name("model.zip")


def folder_of(models_dir: Path) -> Path:
    """Return where the model is kept."""
    return models_dir / f"{NAME}-int8-{WEIGHTS_SHA256[:12]}"


def kept_model(models_dir: Path) -> ModelFiles | None:
    """Return the model, if it is there and as it was made."""
    folder = folder_of(models_dir)
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
        graph = folder / "model.onnx"
        if sha256_of(graph) != manifest.graph_sha256 or manifest.weights_sha256 != WEIGHTS_SHA256:
            return None
    except (OSError, msgspec.DecodeError):
        return None
    return ModelFiles(NAME, WEIGHTS_SHA256, graph, folder / "tokenizer.json")


def require_kept_model(models_dir: Path, given_up: Event) -> ModelFiles:
    """Return the model; made now if it is not there, which takes some seconds, or until it is given up.

    In a process of its own: making it takes memory that this one would never give back.
    """
    found = kept_model(models_dir)
    if found is not None:
        return found
    archive_of_weights()
    reason = _made(models_dir, given_up)
    found = kept_model(models_dir)
    if found is None:
        raise EmbedderUnavailable(f"The embedding model could not be made: {reason}")
    return found


def _made(models_dir: Path, given_up: Event) -> str:
    """Make the model; return what the process said last."""
    command = [sys.executable, "-P", "-m", "kinetoscope.embeddings.conversion", str(models_dir)]
    with (
        TemporaryFile() as said,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said) as process,
    ):
        until = time.monotonic() + _SECONDS
        while process.poll() is None and time.monotonic() < until:
            if given_up.wait(_LOOK_SECONDS):
                break
        process.kill()
        process.wait()
        said.seek(0)
        last = said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        return last or f"exit code {process.returncode}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
