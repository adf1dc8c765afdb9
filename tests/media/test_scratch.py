"""Room for work in progress."""

import subprocess
import sys
from pathlib import Path

from kinetoscope.media.scratch import Scratch

_HOLDS_A_ROOM = """
import sys
from pathlib import Path
from kinetoscope.media.scratch import Scratch
with Scratch(Path(sys.argv[1])).room("job") as room:
    (room / "file").write_text("x")
    print(room, flush=True)
    sys.stdin.read()
"""


def test_a_room_goes_at_the_end(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    with scratch.room("job") as room:
        (room / "file").write_text("x")
        assert scratch.clear() == 0
        assert room.is_dir()
    assert not room.exists()
    assert scratch.clear() == 0


def test_the_room_of_a_killed_process_is_found_and_removed(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS_A_ROOM, str(tmp_path / "scratch")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        room = Path(process.stdout.readline().strip())
        assert scratch.clear() == 0
        assert (room / "file").exists()
        process.kill()
    assert scratch.clear() == 1
    assert not room.exists()
