"""The media server: a selective forwarding unit behind Cloudflare Realtime's Connection API.

It imports nothing of kinetoscope. `plane` is the seam between its halves: `signalling` speaks HTTP and SDP
and calls the plane; the rest is the plane: ICE, DTLS, SRTP, forwarding, data channels, recording.
"""
