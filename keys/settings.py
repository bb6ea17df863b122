"""The settings of the signing keys: the environment, files named by it, and below them the TOML file of the server."""

import os
import re
import tomllib
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from keys.duration import Duration, format_duration
from keys.lifecycle import KeyPolicy

PREFIX = "IDP_"
CONFIG = "IDP_CONFIG"


class KeySettingsError(Exception):
    """The settings cannot be used. Every reason at once, as pairs of a variable and a sentence without any secret."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        count, width = len(self.problems), max(len(name) for name, _ in self.problems)
        heading = f"keys: {count} setting{'' if count == 1 else 's'} need{'s' if count == 1 else ''} attention"
        super().__init__("\n".join([heading, *(f"  {name:<{width}}   {sentence}" for name, sentence in self.problems)]))


def _refused(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise _refused("must be longer than nothing")
    return value


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta():
        raise _refused("must not be negative")
    return value


def _key_of_32_bytes(value: SecretStr) -> SecretStr:
    # 32 bytes end in a character whose last two bits are zero; anything else is a slip of the hand.
    if not re.fullmatch(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=?", value.get_secret_value()):
        raise _refused("must be 32 bytes in base64url; make one with: idp config new-key")
    return value


def _known_database(value: SecretStr) -> SecretStr:
    if not re.match(r"sqlite:///|sqlite\+pysqlite:///|postgres(ql(\+psycopg)?)?://", value.get_secret_value()):
        raise _refused('must start with "sqlite:///" or "postgresql://"')
    return value


class KeySettings(BaseSettings):
    """What the key commands and the key ring need. The variable of a field is `IDP_` and its name in capitals.

    `from_environment()` reads the environment; the constructor takes values only from its arguments.
    """

    # The file and the environment are the server's too, so what is not for the keys is passed over here.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, validate_default=True, env_prefix=PREFIX
    )

    database_url: Annotated[SecretStr, AfterValidator(_known_database)]
    """`sqlite:///path` or `postgresql://user:password@host/name`, the server's own."""
    key_encryption_key: Annotated[SecretStr, AfterValidator(_key_of_32_bytes)]
    """32 random bytes in base64url that seal the signing keys. Keep it outside the database."""
    jwks_max_age: Annotated[Duration, AfterValidator(_positive)] = timedelta(hours=1)
    """How long relying parties may cache the JWKS."""
    keys_publication: Duration | None = None
    """How long a key is published before it signs; twice the cache time and one minute unless set."""
    keys_token_life: Annotated[Duration, AfterValidator(_positive)] = timedelta(hours=1)
    """The longest life of a token signed with these keys: so long, and the skew, retired keys verify."""
    keys_skew: Annotated[Duration, AfterValidator(_not_negative)] = timedelta(minutes=5)
    """How far the clocks of relying parties may be behind."""
    keys_rotate_every: Annotated[Duration, AfterValidator(_positive)] = timedelta(days=90)
    """How long a key signs before the next one takes over."""
    keys_rotate_automatically: bool = True
    """Whether the servers publish the next key themselves when it is due; otherwise run `idp keys rotate --if-due`."""

    @model_validator(mode="after")
    def _lasts_long_enough(self) -> Self:
        policy = self.policy()
        if policy.publication < policy.least_publication:
            least = format_duration(policy.least_publication)
            raise _refused(f"must be at least {least}, or relying parties meet keys that their cached JWKS lacks")
        return self

    def policy(self) -> KeyPolicy:
        """The same as the rest of this package takes it."""
        return KeyPolicy(
            jwks_max_age=self.jwks_max_age,
            publication=self.keys_publication or 2 * self.jwks_max_age + timedelta(minutes=1),
            longest_token_life=self.keys_token_life,
            skew=self.keys_skew,
            rotate_every=self.keys_rotate_every,
        )

    def kek(self) -> bytes:
        """The key-encryption key, for `Sealer`."""
        return urlsafe_b64decode(self.key_encryption_key.get_secret_value().rstrip("=") + "=")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings of this process. A variable that is set but empty counts as absent.

        Raises:
            KeySettingsError: Names every problem at once, without the value of any secret.
        """
        environ = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
        values, problems = cls._gather(environ)
        try:
            settings = cls(**values)
        except ValidationError as error:
            unread = {name.removesuffix("_FILE") for name, _ in problems}
            found = [_problem(tuple(detail["loc"]), detail["type"], detail["msg"]) for detail in error.errors()]
            raise KeySettingsError([*problems, *(p for p in found if p[0] not in unread)]) from None
        if problems:
            raise KeySettingsError(problems)
        return settings

    @classmethod
    def _gather(cls, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        values, problems = _from_toml(environ.get(CONFIG))
        for field, about in cls.model_fields.items():
            name, file = PREFIX + field.upper(), f"{PREFIX}{field.upper()}_FILE"
            secret = about.annotation is SecretStr
            if name in environ:
                values[field] = environ[name]
                if secret and file in environ:
                    problems.append((name, f"is set twice; drop it, or {file}"))
            elif secret and file in environ:
                try:
                    values[field] = Path(environ[file]).read_text(encoding="utf-8").strip()
                except (OSError, UnicodeDecodeError):
                    problems.append((file, "must name a text file that this process can read"))
        return values, problems

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the base class names it
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only: `from_environment` brings the rest, so that no test is changed by its surroundings."""
        return (init_settings,)


def _from_toml(path: str | None) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    if path is None:
        return {}, []
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8")), []
    except (OSError, UnicodeDecodeError):
        return {}, [(CONFIG, "must name a text file that this process can read")]
    except tomllib.TOMLDecodeError:
        # The parser's message quotes the line, which may hold a secret.
        return {}, [(CONFIG, "must name a TOML file")]


def _problem(where: tuple[int | str, ...], kind: str, message: str) -> tuple[str, str]:
    """One finding of the validation in words. Rules that join several fields are about the publication time."""
    field = str(where[0]) if where else "keys_publication"
    name = PREFIX + field.upper()
    if kind == "missing":
        secret = KeySettings.model_fields[field].annotation is SecretStr
        return name, "is missing; set it" + (f", or {name}_FILE" if secret else "")
    return name, message.removeprefix("Value error, ")
