"""The root secret: one for all processes, private, and rotated without signing anybody out."""

import subprocess
import sys
from pathlib import Path

import pytest

from kinetoscope.app import create_app
from kinetoscope.kernel.secrets import Keyring, load_keyring, rotate_keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import build_platform
from support.cast import browser, signed_up
from support.clock import FakeClock
from support.in_process import running

_LOAD = """
import sys
from pathlib import Path
from kinetoscope.kernel.secrets import load_keyring
sys.stdin.readline()
print(load_keyring(Path(sys.argv[1])).current.hex())
"""


def test_several_first_starts_at_once_find_one_key(tmp_path: Path) -> None:
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", _LOAD, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    keys = {start.communicate("go\n")[0].strip() for start in starts}
    assert keys == {load_keyring(tmp_path / "data").current.hex()}
    assert len(keys.pop()) == 64


def test_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    rotate_keyring(tmp_path)
    folder = tmp_path / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "root.key": 0o600,
        "root.previous.key": 0o600,
    }


def test_a_rotation_keeps_exactly_the_key_before_it(tmp_path: Path) -> None:
    first = load_keyring(tmp_path)
    assert first.previous is None
    rotate_keyring(tmp_path)
    second = load_keyring(tmp_path)
    assert second.previous == first.current != second.current
    rotate_keyring(tmp_path)
    third = load_keyring(tmp_path)
    assert third.previous == second.current
    assert third.derive_all("x") == [third.derive("x"), second.derive("x")]
    assert first.derive("x") not in third.derive_all("x")


def test_each_purpose_has_a_key_of_its_own() -> None:
    keyring = Keyring(b"k" * 32)
    assert keyring.derive("a") == keyring.derive("a") != keyring.derive("b")
    assert len(keyring.derive("a")) == 32


def test_machines_with_the_same_setting_have_the_same_keys(tmp_path: Path) -> None:
    one = load_keyring(tmp_path / "one", secret="s" * 32, previous="p" * 32)
    two = load_keyring(tmp_path / "two", secret="s" * 32)
    assert one.derive("a") == two.derive("a")
    assert (len(one.derive_all("a")), len(two.derive_all("a"))) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_is_refused_and_not_used(tmp_path: Path) -> None:
    load_keyring(tmp_path)
    (tmp_path / "secrets/root.key").write_bytes(b"")
    with pytest.raises(ValueError, match=r"root\.key is damaged"):
        load_keyring(tmp_path)


def test_a_key_is_in_no_representation() -> None:
    assert "kkkk" not in repr(Keyring(b"k" * 32))


async def test_a_rotation_signs_nobody_out(
    dsn: str, settings: Settings, clock: FakeClock, clean: None, tmp_path: Path
) -> None:
    async def platform_of(keyring: Keyring) -> tuple[object, ...]:
        app = create_app(build_platform(settings, dsn=dsn, keyring=keyring, clock=clock), settings)
        async with running(app) as transport, browser(transport) as client:
            keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
            me = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {tokens[0]}"})
            return len(keys), me.status_code

    tokens: list[str] = []
    before = load_keyring(tmp_path)
    app = create_app(build_platform(settings, dsn=dsn, keyring=before, clock=clock), settings)
    async with running(app) as transport, await signed_up(transport, "dora") as dora:
        tokens.append(dora.tokens["access_token"])
    assert await platform_of(before) == (1, 200)
    rotate_keyring(tmp_path)
    assert await platform_of(load_keyring(tmp_path)) == (2, 200)
    rotate_keyring(tmp_path)
    assert await platform_of(load_keyring(tmp_path)) == (2, 401)
