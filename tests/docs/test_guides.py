"""Every command that the guides show is run, in order, as a reader would."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from support.clips import make_clip
from support.pictures import snapshot
from support.server import Server, started_server

ROOT = Path(__file__).parents[2]
GUIDES = [
    ROOT / "docs" / f"{name}.md"
    for name in (
        "albums",
        "analytics",
        "engagement",
        "getting-started",
        "operating",
        "recommendations",
        "search",
        "sessions",
        "sfu-api",
        "showcase",
        "watch",
    )
]

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the guides use curl")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with started_server(tmp_path_factory.mktemp("guides")) as server:
        yield server


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_command_of_a_guide_works(server: Server, tmp_path: Path, guide: Path) -> None:
    make_clip(tmp_path / "clip.mp4", seconds=1)
    (tmp_path / "photo.jpg").write_bytes(snapshot())
    blocks = re.findall(r"^```sh\n(.*?)^```", guide.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    script = "\n".join(["set -euo pipefail", *blocks]).replace("http://127.0.0.1:8000", server.url)
    # curl alone calls an answer that refuses a success.
    script = script.replace("curl -s", "curl -sf")
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "KINETOSCOPE_DATA_DIR": str(server.data_dir),
            "KINETOSCOPE_PORT": server.url.rpartition(":")[2],
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]


def test_the_readme_fits_on_a_screen_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "ARCHITECTURE.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readmes_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
