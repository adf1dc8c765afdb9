"""The shell command that makes a request."""

import re
from typing import Any
from urllib.parse import quote

from ..declare import NEEDS_CALLER, Access
from .markup import readable_json
from .schemas import Schemas

EXAMPLE_BASE = "http://127.0.0.1:8000"
"""Where examples find the API; whoever serves the page may put its own address in its place."""

_NARROW = 58
"""What fits beside the facts on a common screen, in characters."""

# Optional by its schema, because another header can stand in its place; a request needs one of the two.
_NEEDED = frozenset({"Upload-Defer-Length"})


def curl_command(method: str, path: str, operation: dict[str, Any], schemas: Schemas) -> str:
    """Return a command for an operation, over several lines; ids and credentials are shell variables."""
    url = EXAMPLE_BASE + re.sub(r"\{(\w+)\}", lambda found: _variable(found[1]), path)
    parts = _beginning(method, url + _query(operation, schemas))
    if Access(operation.get("x-access", Access.ANYONE)) in NEEDS_CALLER | {Access.OPTIONAL}:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    for parameter in _needed(operation, schemas, "header"):
        parts.append("-H " + _quoted(f"{parameter['name']}: {_sample(parameter)}"))
    parts += _body(operation.get("requestBody", {}).get("content", {}))
    return " \\\n  ".join(parts)


def _beginning(method: str, url: str) -> list[str]:
    options = {"get": "", "head": " --head"}.get(method, f" -X {method.upper()}")
    address = f'"{url}"' if re.search(r"[$&?]", url) else url
    line = f"curl{options} {address}"
    return [line] if len(line) <= _NARROW else [f"curl{options}", address]


def _variable(name: str) -> str:
    """Return the shell's name for a part of a path; some are taken by the shell, one by the credential."""
    return "$THIS_" + name.upper() if name in {"path", "token"} else "$" + name.upper()


def _query(operation: dict[str, Any], schemas: Schemas) -> str:
    pairs = [f"{p['name']}={quote(_sample(p))}" for p in _needed(operation, schemas, "query")]
    return "?" + "&".join(pairs) if pairs else ""


def _needed(operation: dict[str, Any], schemas: Schemas, place: str) -> list[dict[str, Any]]:
    """Return the parameters in one place without which the request would be refused."""
    found = (schemas.resolve(parameter) for parameter in operation.get("parameters", []))
    return [p for p in found if p["in"] == place and (p.get("required") or p["name"] in _NEEDED)]


def _body(content: dict[str, dict[str, Any]]) -> list[str]:
    for kind, media in content.items():
        if "json" in kind:
            body = readable_json(media.get("example"))
            return [f"-H 'Content-Type: {kind}'", f"-d {_quoted(body)}"]
        if media.get("schema", {}).get("format") == "binary":
            header = [f"-H 'Content-Type: {kind}'"] if "*" not in kind else []
            return [*header, "--upload-file video.mp4"]
    return []


def _sample(parameter: dict[str, Any]) -> str:
    schema: dict[str, Any] = parameter.get("schema", {})
    examples: list[object] = schema.get("examples") or [parameter.get("example", schema.get("minimum", 0))]
    return str(examples[0])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
