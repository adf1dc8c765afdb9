"""What Schemathesis must know of this API that no schema can say; it loads this file by itself."""

import os
import re
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import ObjectLevelAuthorizationViolation

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schemathesis.serializer.alias("application/sdp", "text/plain")
schemathesis.serializer.alias("text/vtt", "text/plain")
schemathesis.serializer.alias("application/trickle-ice-sdpfrag", "text/plain")

hook: Any = getattr(schemathesis, "hook")  # noqa: B009 - the library leaves it untyped

KEPT = frozenset(os.environ["CONTRACT_KEPT"].split())
"""What everything else is about, and the key that it is done with; the run must not end them."""
LISTS = ("videos", "comments", "annotations")
MOST_WAIT = 3600  # seconds, for which a stream of events may be asked
is_decimal = re.compile(r"-?[0-9]+([.][0-9]+)?").fullmatch
is_good_key = re.compile(r"[!-~]{1,255}").fullmatch
ENDING = [
    "delete_api_key",
    "delete_project",
    "delete_video",
    "delete_comment",
    "delete_album",
    "delete_photo",
    "remove_album_item",
    "cancel_upload",
    "put_upload",
    "delete_annotation",
    "import_annotations",
]


@hook("before_call")
def give_each_request_a_key_of_its_own(_: HookContext, case: Any, __: dict[str, object]) -> None:
    """A key that has been used with another body is refused, as it must be. Bad keys stay what they are."""
    if case.headers and is_good_key(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = uuid4().hex


@hook("before_call").apply_to(operation_id=ENDING)
def end_only_what_is_for_it(_: HookContext, case: Any, __: dict[str, object]) -> None:
    """Let what is deleted, or filled for good, be something else."""
    ended = re.findall(r"{(\w+)}", case.path)[-1]
    if case.path_parameters.get(ended) in KEPT:
        case.path_parameters[ended] = str(uuid4())


@hook("before_call").apply_to(method="POST", path="/api/v1/uploads")
def say_the_length_once(_: HookContext, case: Any, __: dict[str, object]) -> None:
    """Of Upload-Length and Upload-Defer-Length exactly one is needed: OpenAPI cannot say that of headers."""
    if case.meta is None or case.meta.generation.mode.is_negative or case.headers is None:
        return
    if "Upload-Length" in case.headers:
        case.headers.pop("Upload-Defer-Length", None)
    else:
        case.headers["Upload-Defer-Length"] = "1"


@hook("before_call").apply_to(operation_id="follow_session")
def end_streams_at_once(_: HookContext, case: Any, __: dict[str, object]) -> None:
    """A stream that goes on would hold up the run until its request times out. Bad waits stay as they are."""
    query: dict[str, Any] = case.query or {}
    wait = str(query.get("wait", MOST_WAIT))
    if is_decimal(wait) and 0 <= float(wait) <= MOST_WAIT:
        case.query = {**query, "wait": 0}


@hook
def filter_failure(_: HookContext, failure: Failure, __: Any, response: Response) -> bool:
    """Others may see a video of Alice, unless it is private, and what is said of it: alone or in a list."""
    if not isinstance(failure, ObjectLevelAuthorizationViolation):
        return True
    if response.headers.get("content-type", [""])[0].startswith("text/vtt"):
        return False
    body = response.json()
    if "session_name" in body:  # who knows the id of a session may join it, and then sees who is in it
        return False
    shown = next((body[name] for name in LISTS if name in body), [body])
    return any(
        thing.get("visibility", "private") == "private"
        for thing in shown
        if "comment_id" not in thing and "annotation_id" not in thing
    )
