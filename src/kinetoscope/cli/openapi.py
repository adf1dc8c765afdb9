"""`kinetoscope openapi`: the document that describes the HTTP API."""

import sys

from ..app import create_api
from ..http.openapi import dump_document
from ..kernel.secrets import Keyring
from ..wiring import build_platform
from .chosen import chosen_settings
from .lazy import new_command_app

app = new_command_app()


@app.command(
    epilog="""Example:

    kinetoscope openapi > openapi.json"""
)
def openapi() -> None:
    """Print the OpenAPI document of the HTTP API.

    It is of version 3.1, and the same that a running server has at /openapi.json.
    """
    # Nothing is connected or signed: the document depends on the routes alone.
    platform = build_platform(chosen_settings(), dsn="postgresql://", keyring=Keyring(b""))
    sys.stdout.buffer.write(dump_document(create_api(platform, public_url=None)))
