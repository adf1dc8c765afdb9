"""Who the server runs as. PostgreSQL refuses to run as root, and initdb as a user with no name.

A user namespace that maps the caller to an unprivileged name cures both: the kernel still sees the
same owner, so data and programs may lie under a home that nobody else can enter, and nothing has to
be given away. Where namespaces are forbidden, root becomes another user for good.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import PostgresUnavailable

ROOT = 0
# util-linux' setpriv would do, but Python is certain to be there. It starts as root, so the user
# it becomes needs no right to read Python's own files.
BECOME = (
    "import os, sys; os.chdir('/'); os.setgroups([]); os.setgid(int(sys.argv[2])); "
    "os.setuid(int(sys.argv[1])); os.execv(sys.argv[3], sys.argv[3:])"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The words in front of a server program's command line, and who owns the server's files."""

    prefix: tuple[str, ...]
    uid: int
    gid: int


def server_identity(postgres: str, state: Path) -> Identity:
    """Return who can run `postgres` on the files in `state`; refuse when there is nobody."""
    own = Identity((), os.geteuid(), os.getegid())
    if own.uid != ROOT and _has_name(own.uid):
        return own
    for candidate in _candidates(own, state):
        if _can_serve(candidate, postgres, state.parent):
            return candidate
    if own.uid != ROOT:
        raise PostgresUnavailable(
            f"User id {own.uid} has no name on this machine, and PostgreSQL needs one. Add a line "
            f"for it to /etc/passwd (kinetoscope:x:{own.uid}:{own.gid}::/:/bin/sh), or run as a "
            "user that is listed there."
        )
    raise PostgresUnavailable(
        "PostgreSQL refuses to run as root, this machine forbids user namespaces, and no other "
        f"user can both run {postgres} and enter {state.parent}. Start Kinetoscope as a normal "
        "user, or put its installation and its data directory where the user postgres or nobody "
        "may enter."
    )


def own_everything(identity: Identity, state: Path) -> None:
    """Give the server's files to who runs it, where that is another user than the caller."""
    if identity.uid == os.geteuid() or state.stat().st_uid == identity.uid:
        return
    # The top goes last: as long as it is not given away, a killed attempt is repeated in full.
    for directory, subdirectories, files in os.walk(state, topdown=False):
        for name in (*subdirectories, *files):
            os.chown(Path(directory) / name, identity.uid, identity.gid, follow_symlinks=False)
    os.chown(state, identity.uid, identity.gid)


def _candidates(own: Identity, state: Path) -> Iterator[Identity]:
    if own.uid == ROOT:
        # Whose files they are already, or in whose directory they are to be, shall run them.
        owners = (state.stat(), state.parent.stat())
        owner = next((found for found in owners if found.st_uid != ROOT), None)
        if owner is not None:
            yield _become(owner.st_uid, owner.st_gid)
        if owners[0].st_uid != ROOT:
            return
    nobody = _account("nobody")
    if nobody is not None:
        mapping = (f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
        yield Identity(("unshare", "--user", *mapping, "--"), own.uid, own.gid)
    for account in (_account("postgres"), nobody) if own.uid == ROOT else ():
        if account is not None:
            yield _become(account.pw_uid, account.pw_gid)


def _become(uid: int, gid: int) -> Identity:
    return Identity((sys.executable, "-I", "-S", "-c", BECOME, str(uid), str(gid)), uid, gid)


def _can_serve(identity: Identity, postgres: str, data_dir: Path) -> bool:
    attempt = ("/bin/sh", "-c", 'cd -- "$2" && exec "$1" --version', "sh", postgres, str(data_dir))
    try:
        answer = subprocess.run([*identity.prefix, *attempt], capture_output=True, check=False)
    except OSError:  # no unshare on this machine
        return False
    return answer.returncode == 0


def _account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
