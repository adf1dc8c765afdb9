"""The Connection API: sessions, tracks, offers and answers over HTTP, on top of a media plane.

Cloudflare Realtime's API, so that programs written for it run against this server unchanged:
https://developers.cloudflare.com/realtime/sfu/https-api/
"""
