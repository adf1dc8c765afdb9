"""Placeholder."""


def is_installed():
    return False


class Janus:
    def __init__(self, event_loops): ...
