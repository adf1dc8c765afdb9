"""Recordings of calls: from the RTP packets that the media server kept to one file that can be watched.

A tape holds the packets of one published track (`kinetoscope_sfu.recording` has the format). Runs in a child
process: `kinetoscope.engine.tapes.process`.
"""
