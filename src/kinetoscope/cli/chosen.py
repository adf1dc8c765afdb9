"""The settings that a command works with: environment, `.env`, and its own options on top."""

from ..kernel.settings import Settings, SettingsInvalid, load_settings
from .failing import USAGE, CommandFailed


def chosen_settings(**options: object) -> Settings:
    """Return the settings; an option that was not given is None. Bad ones end the command with code 2."""
    try:
        return load_settings(**options)
    except SettingsInvalid as invalid:
        raise CommandFailed(str(invalid), exit_code=USAGE) from invalid
