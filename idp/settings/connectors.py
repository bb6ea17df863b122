"""Connectors to other providers: any number of them, each a table of the TOML file or a group of variables.

`IDP_CONNECTORS` names them in the order in which people see them, and `IDP_CONNECTOR_<NAME>_<MEMBER>` sets what each
needs, a hyphen of the name written as an underscore. In the TOML file `[connectors.<name>]` is one; without
`IDP_CONNECTORS` all of the file are on, in its order.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, ValidationError

from idp.settings.groups import FROZEN
from idp.settings.problems import SettingProblem
from idp.settings.ranges import is_loopback_url, refused
from idp.settings.rules import exposed

LIST = "IDP_CONNECTORS"
PREFIX = "IDP_CONNECTOR_"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_LABELS = {
    "google": "Google",
    "facebook": "Facebook",
    "x": "X",
    "github": "GitHub",
    "microsoft": "Microsoft",
    "apple": "Apple",
}
_APPLE_ID = r"^[A-Z0-9]{10}$"
_TENANT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def _domains(value: object) -> object:
    """Domains, separated by commas or spaces."""
    if isinstance(value, str):
        value = tuple(part for part in re.split(r"[,\s]+", value.lower()) if part)
    if isinstance(value, (list, tuple)):
        for part in value:
            if not _DOMAIN.fullmatch(str(part)):
                raise refused('must be domains such as "example.com, example.org"')
        return tuple(value)
    return value


def _workspaces(value: object) -> object:
    return ("*",) if value in ("*", ["*"], ("*",)) else _domains(value)


def _tenants(value: object) -> object:
    """Tenants, separated by commas or spaces, by their ids: a name of one can pass to another."""
    if isinstance(value, str):
        value = tuple(part for part in re.split(r"[,\s]+", value.lower()) if part)
    if isinstance(value, (list, tuple)):
        if tuple(value) != ("*",) and not all(_TENANT.fullmatch(str(part)) for part in value):
            raise refused('must be ids of tenants such as "3f2504e0-4f89-41d3-9a0c-0305e82c3301", or "*" for any')
        return tuple(value)
    return value


def _upstream_issuer(value: str) -> str:
    """An issuer of theirs: it may have a path and end in a slash, for what counts is what the provider itself says."""
    if not re.fullmatch(r"https?://[!-~]+", value) or set(value) & set("?#"):
        raise refused("must be an https URL without query or fragment, exactly as the provider's discovery says it")
    if value.startswith("http://") and not is_loopback_url(value):
        raise refused("must be an https URL")
    return value


def _simulator(value: str) -> str:
    if not is_loopback_url(value) or not re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", value):
        raise refused("is the loopback address of a simulator, for idp dev only")
    return value


class ConnectorSettings(BaseModel):
    """One connector."""

    model_config = FROZEN

    name: str
    kind: Literal["google", "facebook", "x", "github", "microsoft", "apple", "oidc"]
    """`google`, `facebook`, `x`, `github`, `microsoft`, `apple`, or `oidc` for any OpenID provider."""
    client_id: Annotated[str, Field(min_length=1, max_length=500)]
    """What the provider has registered this installation as; at Facebook the app id."""
    client_secret: SecretStr | None = None
    """The secret that belongs to it, at Apple the private key that signs secrets; for a public client none."""
    label: Annotated[str, Field(max_length=40)] = ""
    """What people read on the button, after "Continue with"."""
    issuer: Annotated[str, AfterValidator(_upstream_issuer)] | None = None
    """`oidc`: the provider's issuer; everything else is found by discovery."""
    scope: Annotated[str, Field(pattern=r"^openid(?: [!-~]+)*$")] = "openid email profile"
    """`oidc`: what to ask for."""
    domains: Annotated[tuple[str, ...], BeforeValidator(_domains)] = ()
    """Domains whose people are sent here when they enter their address without a password."""
    authoritative_for: Annotated[tuple[str, ...], BeforeValidator(_domains)] = ()
    """`oidc`: domains whose addresses this provider gives out itself; only these join an account by their address."""
    hosted_domains: Annotated[tuple[str, ...], BeforeValidator(_workspaces)] = ()
    """`google`: Workspace domains whose people may come in; `*` for any Workspace."""
    tenants: Annotated[tuple[str, ...], BeforeValidator(_tenants)] = ()
    """`microsoft`: ids of the tenants whose people may come in; `*` for any, personal accounts among them."""
    team_id: Annotated[str, Field(pattern=_APPLE_ID)] | None = None
    """`apple`: the team whose app it is."""
    key_id: Annotated[str, Field(pattern=_APPLE_ID)] | None = None
    """`apple`: the id of the private key."""
    graph_version: Annotated[str, Field(pattern=r"^v[1-9][0-9]{0,2}\.0$")] = "v26.0"
    """`facebook`: the version of the Graph API."""
    response_mode: Literal["query", "form_post"] | None = None
    """`oidc`: `form_post` where the provider insists on it."""
    token_method: Literal["client_secret_basic", "client_secret_post"] | None = None
    """`oidc`: how to authenticate at the token endpoint, where the metadata does not tell it right."""
    origin: Annotated[str, AfterValidator(_simulator)] | None = None
    """The loopback address of a simulator; for `idp dev` only."""

    def __str__(self) -> str:
        """As `idp config show` prints it."""
        return f"{self.name} ({self.kind})"

    @property
    def button(self) -> str:
        """What people read after "Continue with"."""
        return self.label or _LABELS.get(self.kind) or self.name.capitalize()


_MEMBERS = {name: field for name, field in ConnectorSettings.model_fields.items() if name != "name"}
_KINDS = ("google", "facebook", "x", "github", "microsoft", "apple", "oidc")
_FOR_KIND = {
    "issuer": "oidc",
    "scope": "oidc",
    "authoritative_for": "oidc",
    "response_mode": "oidc",
    "token_method": "oidc",
    "hosted_domains": "google",
    "tenants": "microsoft",
    "team_id": "apple",
    "key_id": "apple",
    "graph_version": "facebook",
}


def read_connectors(
    environ: Mapping[str, str], tables: object
) -> tuple[tuple[ConnectorSettings, ...], list[SettingProblem]]:
    """Read every connector, and say everything that is wrong with any of them.

    Args:
        tables: What the TOML file has under `connectors`.
    """
    problems: list[SettingProblem] = []
    given: dict[str, dict[str, Any]] = {}
    if isinstance(tables, dict):
        for name, table in tables.items():
            if isinstance(table, dict):
                given[name] = dict(table)
            else:
                problems.append(SettingProblem(LIST, "has something in the file that is no table of a connector"))
    elif tables is not None:
        problems.append(SettingProblem(LIST, "must be tables in the file, such as [connectors.google]"))
    names = [part for part in re.split(r"[,\s]+", environ.get(LIST, "")) if part] or list(given)
    problems += _wrong_names(names)
    problems += _of_nobody(environ, names)
    found = []
    for name in names:
        if _NAME.fullmatch(name):
            values, unreadable = _values(environ, name, given.get(name, {}))
            built, impossible = _built(name, values)
            problems += unreadable + impossible
            found += [built] if built else []
    return tuple(found), problems


def variable(name: str, member: str = "") -> str:
    """The variable that sets a member of a connector."""
    return f"{PREFIX}{name.upper().replace('-', '_')}_{member.upper()}"


def _wrong_names(names: list[str]) -> Iterator[SettingProblem]:
    for name in names:
        if not _NAME.fullmatch(name):
            yield SettingProblem(LIST, "must be names of lower-case letters, digits and hyphens, such as google, work")
    if len(set(names)) < len(names):
        yield SettingProblem(LIST, "names a connector twice")


def _of_nobody(environ: Mapping[str, str], names: list[str]) -> Iterator[SettingProblem]:
    """Variables of no connector, or of no member."""
    known = {variable(name, member) for name in names for member in _MEMBERS}
    known |= {variable(name, "client_secret_file") for name in names}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            yield SettingProblem(name, f"belongs to no connector that {LIST} names, or is no setting of one")


def _values(
    environ: Mapping[str, str], name: str, table: Mapping[str, Any]
) -> tuple[dict[str, Any], list[SettingProblem]]:
    values, problems = dict(table), []
    values |= {member: environ[variable(name, member)] for member in _MEMBERS if variable(name, member) in environ}
    file = environ.get(variable(name, "client_secret_file")) or values.pop("client_secret_file", None)
    values.pop("client_secret_file", None)
    where = variable(name, "client_secret_file")
    if file is not None and "client_secret" in values:
        problems.append(SettingProblem(variable(name, "client_secret"), f"is set twice; drop it, or {where}"))
    elif file is not None:
        try:
            values["client_secret"] = Path(str(file)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            problems.append(SettingProblem(where, "must name a text file that this process can read"))
        if reason := exposed(Path(str(file))):
            problems.append(SettingProblem(where, reason))
    return values, problems


def _built(name: str, values: dict[str, Any]) -> tuple[ConnectorSettings | None, list[SettingProblem]]:
    problems = [
        SettingProblem(variable(name, str(member)), "is no setting of a connector")
        for member in sorted(values.keys() - _MEMBERS.keys())
    ]
    known = {member: value for member, value in values.items() if member in _MEMBERS}
    problems += _contradictions(name, known)
    try:
        return ConnectorSettings(name=name, **known), problems
    except ValidationError as error:
        problems += [
            SettingProblem(variable(name, str(detail["loc"][0])), _sentence(detail["type"], detail["msg"], detail))
            for detail in error.errors()
        ]
        return None, problems


def _sentence(kind: str, message: str, detail: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "is missing; set it"
    if kind == "literal_error":
        return "must be " + str(detail["ctx"]["expected"]).replace("'", '"')
    return message.removeprefix("Value error, ")


def _contradictions(name: str, given: Mapping[str, Any]) -> Iterator[SettingProblem]:
    """What does not fit the kind, or is missing for it; said beside everything else that is wrong."""
    kind = given.get("kind")
    for member in given:
        meant = _FOR_KIND.get(member)
        if meant is not None and kind in _KINDS and meant != kind:
            yield SettingProblem(variable(name, member), f"is for connectors of the kind {meant}")
    if kind == "oidc" and not given.get("issuer"):
        yield SettingProblem(variable(name, "issuer"), "is missing; the kind oidc needs it")
    if kind == "oidc" and str(given.get("issuer", "")).rstrip("/") == "https://appleid.apple.com":
        yield SettingProblem(
            variable(name, "issuer"), "is Apple's, whose secrets have to be signed; use the kind apple"
        )
    needed = {"microsoft": ("tenants",), "apple": ("team_id", "key_id")}.get(str(kind), ())
    for member in needed:
        if not given.get(member):
            yield SettingProblem(variable(name, member), f"is missing; the kind {kind} needs it")
    if kind in {"google", "facebook", "github", "microsoft", "apple"} and not given.get("client_secret"):
        secret = variable(name, "client_secret")
        yield SettingProblem(secret, f"is missing; set it, or {secret}_FILE")
