"""Whether the API can answer, and why not."""

import http.client
import json
import logging
import time
from urllib.parse import urlsplit

log = logging.getLogger("kinetoscope.supervisor")

_STEP_SECONDS = 0.03
_TIMEOUT_SECONDS = 5.0
_COMPLAIN_SECONDS = 10.0


def wait_until_ready(address: str) -> None:
    """Return when /readyz answers 200; say from time to time why it does not."""
    netloc = urlsplit(address).netloc
    complain_at = time.monotonic() + _COMPLAIN_SECONDS
    while (reason := _why_not(netloc)) is not None:
        if time.monotonic() > complain_at:
            log.warning("not ready yet", extra={"because": reason})
            complain_at += _COMPLAIN_SECONDS
        time.sleep(_STEP_SECONDS)


def _why_not(netloc: str) -> str | None:
    connection = http.client.HTTPConnection(netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        if answer.status == http.client.OK:
            return None
        return str(json.load(answer).get("detail"))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"the API does not answer ({type(error).__name__})"
    finally:
        connection.close()
