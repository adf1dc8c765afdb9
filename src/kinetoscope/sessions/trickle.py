"""Candidates that come after the offer (RFC 8840's `application/trickle-ice-sdpfrag`)."""

from .refusals import BadSdp, IceRestartUnsupported

MEDIA_TYPE = "application/trickle-ice-sdpfrag"

_LONGEST = 65_536
_UFRAG = "a=ice-ufrag:"


def require_no_restart(fragment: str, ice_ufrag: str | None) -> None:
    """Refuse what is no fragment with `BadSdp`, and an ICE restart with `IceRestartUnsupported`."""
    lines = fragment.splitlines()
    if not lines or len(fragment) > _LONGEST or not all(line[:2] in {"a=", "m="} for line in lines if line):
        raise BadSdp("This is not a fragment of a session description (RFC 8840).")
    named = {line.removeprefix(_UFRAG).strip() for line in lines if line.startswith(_UFRAG)}
    if not named:
        raise BadSdp("The fragment does not say which ICE session it belongs to: a=ice-ufrag is missing.")
    if named != {ice_ufrag}:
        raise IceRestartUnsupported
