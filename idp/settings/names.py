"""The name of every setting: in the environment, in the TOML file, and in the model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `path` leads to it in the model, `env` names it in the environment."""

    env: str
    path: tuple[str, ...]
    secret: bool
    field: FieldInfo

    @property
    def in_file(self) -> tuple[str, ...]:
        """The table and key of the TOML file. The settings of the signing keys stand at its top."""
        return self.path[1:] if self.path[0] == "keys" else self.path

    @property
    def env_file(self) -> str:
        """The variable that names a file holding the value."""
        return f"{self.env}_FILE"


def settings_of(model: type[BaseModel], *, pattern: str = "{}", path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting of a model and its groups, in the order in which they are declared.

    What a group shares with the model above it, as the keys share the database, is one setting and named once.
    """
    above = set(model.model_fields)
    for name, field in model.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            inner = settings_of(group, pattern=getattr(group, "ENV", "{}"), path=(*path, name))
            yield from (setting for setting in inner if name != "keys" or setting.path[-1] not in above)
        else:
            yield Setting("IDP_" + pattern.format(name).upper(), (*path, name), _is_secret(field), field)


def _is_secret(field: FieldInfo) -> bool:
    extra: Any = field.json_schema_extra
    return "SecretStr" in str(field.annotation) or (isinstance(extra, dict) and bool(extra.get("secret")))


def shown(setting: Setting, value: object) -> str:
    """A value as `idp config show` prints it: secrets become `set`."""
    from_secret = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "(set)" if setting.secret and from_secret else str(value)
