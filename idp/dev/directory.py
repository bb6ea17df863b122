"""The directory of the playground: database file, key-encryption key and the secrets of the demo applications."""

import base64
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

_KEY = "key-encryption-key"
_SECRETS = "demo-client-secrets"
_DATABASE = "idp.db"


class NotOurs(Exception):
    """The directory holds something else, so nothing in it is thrown away."""


@dataclass(frozen=True, slots=True)
class Playground:
    """What is in the directory."""

    path: Path
    key_encryption_key: str = field(repr=False)
    client_secrets: tuple[str, str] = field(repr=False)

    @property
    def database_url(self) -> str:
        """The SQLite database."""
        return f"sqlite:///{self.path / _DATABASE}"

    @property
    def kek(self) -> bytes:
        """The key-encryption key, for `Sealer`."""
        return base64.urlsafe_b64decode(self.key_encryption_key + "=")


def open_playground(path: Path, *, reset: bool = False) -> Playground:
    """Make the directory, or use it as it is.

    Raises:
        NotOurs: It is to be reset, but does not look like a playground.
    """
    path = path.absolute()
    if reset and path.exists():
        if not (path / _KEY).is_file():
            raise NotOurs
        shutil.rmtree(path)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = _kept(path / _KEY, 1)
    first, second = _kept(path / _SECRETS, 2)
    return Playground(path, key[0], (first, second))


def _kept(file: Path, count: int) -> list[str]:
    """Random values, one on a line, made once and readable by the owner alone."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").split()
    values = [secrets.token_urlsafe(32) for _ in range(count)]
    with os.fdopen(descriptor, "w", encoding="ascii") as written:
        written.write("\n".join(values) + "\n")
    return values
