"""Settings: from the environment and `.env`, refused all at once, and never shown with their secrets."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from kinetoscope.kernel.settings import PREFIX, Settings, SettingsInvalid, load_settings


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert settings.auth_rate_limit == "10/minute"


def test_all_bad_settings_are_named_at_once_with_what_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {
        "PORT": ("70000", "less than or equal to 65535"),
        "AUTH_RATE_LIMIT": ("fast", "COUNT/minute"),
        "DATABASE_URL": ("mysql://root:hunter2@db/x", "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
        "SECRET_KEY": ("swordfish", "openssl rand -base64 48"),
        "TRUSTED_PROXIES": ("10.0.0.0/8,nonsense", "'nonsense' does not appear to be"),
        "CORS_ORIGINS": ("example.org", "write https://example.org, or * for all"),
        "PUBLIC_URL": ("video.example.org", "https://video.example.org"),
        "LOG_LEVEL": ("loud", "'debug', 'info', 'warning' or 'error'"),
        "WORKERS": ("0", "greater than or equal to 1"),
    }
    for name, (value, _) in bad.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsInvalid) as refusal:
        load_settings()
    text = str(refusal.value)
    for name, (_, fix) in bad.items():
        [line] = [line for line in text.splitlines() if f"{PREFIX}{name}:" in line]
        assert fix in line
    assert text.count("It is: ") == len(bad)
    assert "hunter2" not in text
    assert "swordfish" not in text
    assert refusal.value.__cause__ is None


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("KINETOSCOPE_PORT=9001\nKINETOSCOPE_HOST=0.0.0.0\nOTHER=x\n")
    monkeypatch.setenv("KINETOSCOPE_PORT", "9002")
    settings = load_settings()
    assert (settings.host, settings.port) == ("0.0.0.0", 9002)  # noqa: S104 - nothing listens there
    assert load_settings(port=9003, host=None).port == 9003


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINETOSCOPE_TRUSTED_PROXIES", " 127.0.0.1, 10.0.0.0/8 ,2001:db8::/32,")
    monkeypatch.setenv("KINETOSCOPE_CORS_ORIGINS", "*")
    settings = load_settings()
    assert settings.trusted_proxies == ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")
    assert settings.cors_origins == ("*",)


def test_an_empty_value_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "TRUSTED_PROXIES", "PUBLIC_URL", "WORKERS"):
        monkeypatch.setenv(PREFIX + name, "")
    settings = load_settings()
    assert (settings.database_url, settings.trusted_proxies, settings.public_url) == (None, (), None)


def test_an_address_loses_its_closing_slash() -> None:
    assert load_settings(public_url="https://video.example.org/").public_url == "https://video.example.org"


def test_secrets_are_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINETOSCOPE_DATABASE_URL", "postgresql://app:hunter2@db/x")
    monkeypatch.setenv("KINETOSCOPE_SECRET_KEY", "swordfish" * 4)
    settings = load_settings()
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "hunter2" not in shown
        assert "swordfish" not in shown


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_every_setting_says_what_it_is() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description is not None, name
        assert field.description.endswith("."), name


def test_a_file_of_settings_that_is_no_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"KINETOSCOPE_PORT=9001\n\xff\xfe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsInvalid, match=r"\.env is not UTF-8"):
        load_settings()
