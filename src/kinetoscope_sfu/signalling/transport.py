"""What a client's description says of the connection under all its lines, and what is refused there. Pure."""

from dataclasses import replace

from .lines import APPLICATION, Negotiation
from .offered import fingerprints_of, transport_attribute
from .refusals import InvalidSessionDescription
from .sdp import Description, is_token

MOST_MID_CHARACTERS = 64


def with_transport(before: Negotiation, description: Description, *, setups: set[str]) -> Negotiation:
    """Return the negotiation with the client's certificate and ICE credentials, all checked.

    `setups` are the DTLS roles that leave ours, the server's, to us. A description without an open section
    says nothing of a connection.
    """
    _refuse_bad_bundle(description)
    if all(section.is_rejected for section in description.sections):
        return before
    if description.first("ice-lite") is not None:
        raise InvalidSessionDescription("both sides are ICE-lite: nobody would make a check")
    setup = transport_attribute(description, "setup") or "active"
    if setup not in setups:
        raise InvalidSessionDescription(
            f"a=setup:{setup} leaves the DTLS client's role to us, who only serve"
        )
    fingerprints = fingerprints_of(description)
    if not fingerprints:
        raise InvalidSessionDescription("there is no a=fingerprint with SHA-256, SHA-384 or SHA-512")
    if before.fingerprints and not set(before.fingerprints) & set(fingerprints):
        raise InvalidSessionDescription("the certificate is another than in the first description")
    ufrag = transport_attribute(description, "ice-ufrag")
    if not ufrag or transport_attribute(description, "ice-pwd") is None:
        raise InvalidSessionDescription("a=ice-ufrag and a=ice-pwd are needed")
    return replace(before, fingerprints=before.fingerprints or fingerprints, ufrag=ufrag)


def _refuse_bad_bundle(description: Description) -> None:
    mids = [section.mid for section in description.sections]
    if not all(is_token(mid, MOST_MID_CHARACTERS) for mid in mids):
        raise InvalidSessionDescription("each m= section needs an a=mid")
    if len(set(mids)) != len(mids):
        raise InvalidSessionDescription("two m= sections have the same a=mid")
    opened = [section for section in description.sections if not section.is_rejected]
    if len(opened) > 1 and not {section.mid for section in opened} <= set(description.bundled()):
        raise InvalidSessionDescription("all m= sections have to be in one a=group:BUNDLE")
    if sum(section.kind == APPLICATION for section in opened) > 1:
        raise InvalidSessionDescription("a connection has one m=application section at most")
