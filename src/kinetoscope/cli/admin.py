"""`kinetoscope admin`: what needs the machine, not an account."""

import asyncio
import sys
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ..accounts import Accounts
from ..http.values import Email, Password
from ..kernel.secrets import rotate_keyring
from ..kernel.settings import Settings
from ..supervisor import serving_pid
from ..wiring import build_platform
from .chosen import chosen_settings
from .failing import USAGE, CommandFailed
from .lazy import new_command_app
from .options import AsJson, DataDir
from .output import print_json
from .processes import keyring_of
from .reaching import explained_failures, migrated, running_database

app = new_command_app(no_args_is_help=True)


@app.callback()
def admin() -> None:
    """Make administrators, change keys."""


@app.command(
    epilog="""Examples:

    kinetoscope admin create --email ann@example.org

    kinetoscope admin create --email ann@example.org --password 'correct horse battery' --json"""
)
def create(
    email: Annotated[str, typer.Option("--email", help="What the administrator signs in with.")],
    *,
    password: Annotated[
        str | None,
        typer.Option(
            "--password",
            help="At least 10 characters; asked for, or read from standard input, if not given.",
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an administrator, or make one of an existing account.

    An existing account also gets this password. Works whether or not `serve` runs.
    """
    settings = chosen_settings(data_dir=data_dir)
    address = _checked(TypeAdapter(Email), email, "--email")
    secret = _checked(TypeAdapter(Password), password or _asked_password(), "--password")
    with running_database(settings, may_create=True) as dsn, explained_failures(dsn):
        migrated(dsn)
        account_id, is_new = asyncio.run(_make_admin(settings, dsn, address, secret))
    if as_json:
        print_json({"id": account_id, "email": address, "role": "ADMIN", "created": is_new})
    else:
        typer.echo(f"{address} is {'a new' if is_new else 'now an'} administrator.")


@app.command("rotate-keys")
def rotate_keys(data_dir: DataDir = None) -> None:
    """Make a new root secret, from which all keys derive.

    What the one before it signed is accepted until the next rotation. Running processes go on with the
    old one until they are restarted.
    """
    settings = chosen_settings(data_dir=data_dir)
    if settings.secret_key is not None:
        raise CommandFailed(
            "KINETOSCOPE_SECRET_KEY is set, so the secret is yours to change: move its value to "
            "KINETOSCOPE_SECRET_KEY_PREVIOUS, and set a new one.",
            exit_code=USAGE,
        )
    if not (settings.data_dir / "secrets" / "root.key").exists():
        raise CommandFailed(f"There are no keys in {settings.data_dir} yet; the first start makes them.")
    rotate_keyring(settings.data_dir)
    pid = serving_pid(settings.data_dir)
    restart = f" Restart `kinetoscope serve` (pid {pid}) to use it." if pid else ""
    typer.echo(f"A new root secret is in place.{restart}")


def _asked_password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def _checked(form: "TypeAdapter[str]", text: str, option: str) -> str:
    try:
        return form.validate_python(text)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise CommandFailed(f"{option} cannot be used: {reason}.", exit_code=USAGE) from error


async def _make_admin(settings: Settings, dsn: str, email: str, password: str) -> tuple[str, bool]:
    platform = build_platform(settings, dsn=dsn, keyring=keyring_of(settings))
    accounts = platform.services[Accounts]
    assert isinstance(accounts, Accounts)
    await platform.db.open()
    try:
        account, is_new = await accounts.make_admin(email, password)
    finally:
        await platform.db.close()
    return str(account.id), is_new
