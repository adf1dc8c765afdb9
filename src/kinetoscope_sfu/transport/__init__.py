"""What stands between sockets and forwarding: certificates, DTLS, SRTP, SCTP."""
