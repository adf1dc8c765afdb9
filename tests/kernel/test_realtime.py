"""The address and the secret of the media server: as set, else made once and kept."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kinetoscope.kernel.realtime import own_secret_file, realtime_app
from kinetoscope.kernel.settings import Settings, SettingsInvalid, load_settings


def made_in(data_dir: Path, **settings: object) -> Settings:
    return load_settings(data_dir=data_dir, **settings)


def test_our_own_server_keeps_its_address_and_its_secret(tmp_path: Path) -> None:
    settings = made_in(tmp_path / "data")
    first = realtime_app(settings)
    assert first.url.startswith("http://127.0.0.1:")
    assert len(first.app_id) == 32
    assert len(first.app_secret) == 64
    assert realtime_app(settings) == first


def test_first_starts_at_once_agree(tmp_path: Path) -> None:
    settings = made_in(tmp_path)
    with ThreadPoolExecutor(8) as starts:
        apps = set(starts.map(realtime_app, [settings] * 8))
    assert len(apps) == 1


def test_nobody_else_can_read_the_secret_and_no_representation_shows_it(tmp_path: Path) -> None:
    app = realtime_app(made_in(tmp_path))
    file = own_secret_file(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert app.app_secret not in repr(app)


def test_the_kept_file_holds_the_settings_of_a_program_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = realtime_app(made_in(tmp_path / "here"))
    for line in own_secret_file(tmp_path / "here").read_text().splitlines():
        monkeypatch.setenv(*line.split("="))
    elsewhere = realtime_app(made_in(tmp_path / "there", realtime_url="https://sfu.example.org"))
    assert (elsewhere.url, elsewhere.app_id, elsewhere.app_secret) == (
        "https://sfu.example.org",
        app.app_id,
        app.app_secret,
    )


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:7881"), ("::", "http://[::1]:7881"), ("fd00::1", "http://[fd00::1]:7881")],  # noqa: S104 - a setting's value
)
def test_a_set_port_is_used_and_everywhere_is_reached_on_this_machine(
    tmp_path: Path, host: str, url: str
) -> None:
    assert realtime_app(made_in(tmp_path, sfu_host=host, sfu_http_port=7881)).url == url


def test_further_servers_of_a_machine_have_further_ports(tmp_path: Path) -> None:
    app = realtime_app(made_in(tmp_path, sfu_processes=3, sfu_http_port=7871))
    assert app.more_urls == ("http://127.0.0.1:7873", "http://127.0.0.1:7875")
    with pytest.raises(SettingsInvalid, match="needs ports up to 65536"):
        made_in(tmp_path, sfu_processes=2, sfu_port=65534)


@pytest.mark.parametrize(("called", "processes"), [(7880, 1), (7882, 2), (7878, 2)])
def test_a_port_for_media_and_for_calls_at_once_is_refused(
    tmp_path: Path, called: int, processes: int
) -> None:
    with pytest.raises(SettingsInvalid, match="would be one for media and one for the API's calls"):
        made_in(tmp_path, sfu_http_port=called, sfu_processes=processes)
    made_in(tmp_path, sfu_http_port=called, sfu_processes=processes, sfu_port=0)


def test_another_server_needs_an_app(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="KINETOSCOPE_REALTIME_APP_ID and"):
        made_in(tmp_path, realtime_url="https://rtc.live.cloudflare.com")


@pytest.mark.parametrize("name", ["secrets/sfu.env", "sfu.port"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    realtime_app(made_in(tmp_path))
    (tmp_path / name).write_text("")
    with pytest.raises(ValueError, match=f"{name} is damaged"):
        realtime_app(made_in(tmp_path))
