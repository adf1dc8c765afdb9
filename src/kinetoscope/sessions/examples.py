"""Session descriptions for the document: short, but such that they could be sent."""

UFRAG = "8hhY"

OFFER = (
    "v=0\r\no=- 4611731400430051336 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n"
    f"a=ice-ufrag:{UFRAG}\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
    "a=fingerprint:sha-256 D2:B9:31:8F:DF:24:D8:0E:ED:D2:EF:25:9E:AF:6F:B8:"
    "34:AE:53:9C:E6:F3:8F:F2:64:15:FA:E8:7F:53:2D:38\r\n"
    "a=setup:actpass\r\na=rtpmap:111 opus/48000/2\r\n"
)
"""An offer of one line for sound."""

FRAGMENT = (
    f"a=ice-ufrag:{UFRAG}\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
)
"""A further candidate (RFC 8840)."""
