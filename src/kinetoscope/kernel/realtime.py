"""How the media plane is reached: the address and the app of a server that speaks the Connection API.

Its default is our own SFU on this machine. What that is known by is made on first start and kept in the data
directory, so that its URL and its secret outlive every restart.
"""

import secrets
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path

from .secrets import publish_once
from .settings import PREFIX, Settings

_ID = f"{PREFIX}REALTIME_APP_ID"
_SECRET = f"{PREFIX}REALTIME_APP_SECRET"
_HERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - who listens everywhere is asked on this machine


@dataclass(frozen=True, slots=True)
class RealtimeApp:
    """An app at a media server: `POST {url}/v1/apps/{app_id}/…` with the secret as bearer.

    `more_urls` are further servers of this machine that know the same app.
    """

    url: str
    app_id: str
    app_secret: str = field(repr=False)
    more_urls: tuple[str, ...] = ()


def realtime_app(settings: Settings) -> RealtimeApp:
    """Return the media server that the settings name, else our own."""
    if settings.realtime_url is None:
        more = (own_app(settings, number).url for number in range(1, settings.sfu_processes))
        return replace(own_app(settings), more_urls=tuple(more))
    assert settings.realtime_app_id is not None  # the settings hold all three or none
    assert settings.realtime_app_secret is not None
    secret = settings.realtime_app_secret.get_secret_value()
    return RealtimeApp(settings.realtime_url, settings.realtime_app_id, secret)


def own_app(settings: Settings, number: int = 0) -> RealtimeApp:
    """Return under what our own SFU of this number answers; what no setting says is made once and kept.

    The secret is in `secrets/sfu.env`, as the two settings that a program elsewhere needs. Raises ValueError
    for a kept file that cannot be read.
    """
    port = nth_port(settings.sfu_http_port or 0, number) or _kept_port(settings, number)
    url = f"http://{_HERE.get(settings.sfu_host) or _in_url(settings.sfu_host)}:{port}"
    app_id, secret = settings.realtime_app_id, settings.realtime_app_secret
    if app_id and secret:
        return RealtimeApp(url, app_id, secret.get_secret_value())
    return RealtimeApp(url, *_kept_secret(own_secret_file(settings.data_dir)))


def nth_port(first: int, number: int) -> int:
    """Return the port of the SFU of this number, after the first one's; 0, which is any, for 0.

    Each takes two for media: STUN is answered on the next one.
    """
    return first and first + 2 * number


def own_secret_file(data_dir: Path) -> Path:
    """Return the file that holds the id and the secret of our own SFU's app."""
    return data_dir / "secrets" / "sfu.env"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _kept_secret(path: Path) -> tuple[str, str]:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = f"{_ID}={secrets.token_hex(16)}\n{_SECRET}={secrets.token_hex(32)}\n"
        publish_once(path, made.encode())
    kept: dict[str, str] = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        kept[name] = value
    if not (kept.get(_ID) and kept.get(_SECRET)):
        raise ValueError(f"{path} is damaged: restore it from a backup, or remove it for a new one.")
    return kept[_ID], kept[_SECRET]


def _kept_port(settings: Settings, number: int) -> int:
    path = settings.data_dir / (f"sfu-{number}.port" if number else "sfu.port")
    if not path.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        publish_once(path, f"{_free_port(settings.sfu_host)}\n".encode())
    text = path.read_text().strip()
    if not text.isdigit():
        raise ValueError(f"{path} is damaged: it should hold a port. Remove it for a new one.")
    return int(text)


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
