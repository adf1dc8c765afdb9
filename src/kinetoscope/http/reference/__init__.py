"""The API's reference as one page of plain HTML: no script, nothing loaded from elsewhere."""

from .curl import EXAMPLE_BASE
from .examples import Examples
from .page import render_reference

__all__ = ["EXAMPLE_BASE", "Examples", "render_reference"]
