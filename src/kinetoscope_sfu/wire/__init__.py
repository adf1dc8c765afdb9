"""The formats of packets, as pure functions of bytes: STUN, RTP, RTCP, codec payloads, framing."""
