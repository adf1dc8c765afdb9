"""Fixtures of the media plane's tests."""

from collections.abc import Generator

import pytest

from support.media import World


@pytest.fixture
def world() -> Generator[World]:
    world = World()
    yield world
    world.plane.shut_down()
