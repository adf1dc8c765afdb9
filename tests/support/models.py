"""The embedding model of all tests: making it takes seconds, so one of this machine serves all runs."""

import os
import tempfile
from pathlib import Path

MODELS = Path(tempfile.gettempdir()) / f"kinetoscope-test-models-{os.getuid()}"
"""Made by whichever test needs it first; what it holds is named by its checksum."""
