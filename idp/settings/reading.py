"""From the environment, secret files and the TOML file to one frozen model, with every problem reported at once."""

import difflib
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from idp.settings.connectors import LIST, PREFIX, read_connectors
from idp.settings.names import Setting, settings_of
from idp.settings.problems import SettingProblem, SettingsError
from idp.settings.rules import exposed

Model = TypeVar("Model", bound=BaseModel)

CONFIG = "IDP_CONFIG"
# Stands in for a required value that is missing, so that the rules about the other settings are still checked.
_STAND_IN = {
    "issuer": "https://stand-in.example",
    "database_url": "sqlite:///stand-in",
    "key_encryption_key": "A" * 43,
}
# What the keys share with the server.
_SHARED = ("database_url", "key_encryption_key")


def read(
    model: type[Model], environ: Mapping[str, str], conflicts: Callable[[Model], Iterable[SettingProblem]]
) -> Model:
    """Build the model. A variable that is set but empty counts as absent, as compose files write it.

    Raises:
        SettingsError: Names unknown variables, values that cannot be, and settings that contradict each other.
    """
    settings = list(settings_of(model))
    values, problems = _gather(settings, {name: value for name, value in environ.items() if value})
    built, impossible = _built(model, settings, values)
    problems += impossible
    named = {problem.name for problem in problems}
    problems += [problem for problem in conflicts(built) if problem.name not in named]
    if problems:
        raise SettingsError(_in_order(problems, settings))
    return built


def _built(
    model: type[Model], settings: Sequence[Setting], values: dict[str, Any]
) -> tuple[Model, list[SettingProblem]]:
    """The model, with defaults in the place of values that cannot be, and what is wrong with those.

    Goes round again while something new is found: rules that join settings are silent until each can be by itself.
    """
    failed: dict[str, tuple[Setting, ErrorDetails]] = {}
    while True:
        try:
            built = model.model_validate(_with_keys(_without(values, [setting.path for setting, _ in failed.values()])))
        except ValidationError as error:
            found = {
                setting.env: (setting, detail) for detail in error.errors() if (setting := _named(settings, detail))
            }
            if found.keys() <= failed.keys():
                raise
            failed = found | failed
        else:
            return built, [SettingProblem(env, _sentence(*reason)) for env, reason in failed.items()]


def _gather(settings: Sequence[Setting], environ: Mapping[str, str]) -> tuple[dict[str, Any], list[SettingProblem]]:
    """The raw values, the environment above the file; and what could not be read."""
    values, problems = _from_toml(settings, environ.get(CONFIG))
    problems += _unknown(settings, environ)
    values["connectors"], found = read_connectors(environ, values.get("connectors"))
    problems += found
    for setting in settings:
        if setting.env == LIST:
            continue
        file = environ.get(setting.env_file) if setting.secret else None
        if setting.env in environ and file:
            problems.append(SettingProblem(setting.env, f"is set twice; drop it, or {setting.env_file}"))
        elif setting.env in environ:
            _put(values, setting.path, environ[setting.env])
        elif file:
            try:
                _put(values, setting.path, Path(file).read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError):
                problems.append(SettingProblem(setting.env_file, "must name a text file that this process can read"))
            if reason := exposed(Path(file)):
                problems.append(SettingProblem(setting.env_file, reason))
    return values, problems


def _unknown(settings: Sequence[Setting], environ: Mapping[str, str]) -> Iterator[SettingProblem]:
    known = {CONFIG, *(s.env for s in settings), *(s.env_file for s in settings if s.secret)}
    for name in sorted(environ):
        if name.startswith("IDP_") and not name.startswith(("IDP_TEST_", PREFIX)) and name not in known:
            yield SettingProblem(name, "is not a setting" + _did_you_mean(name, known))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _from_toml(settings: Sequence[Setting], path: str | None) -> tuple[dict[str, Any], list[SettingProblem]]:
    if path is None:
        return {}, []
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return {}, [SettingProblem(CONFIG, "must name a text file that this process can read")]
    except tomllib.TOMLDecodeError as error:
        return {}, [SettingProblem(CONFIG, f"must name a TOML file; {_place(error)}")]
    known = {setting.in_file: setting.path for setting in settings}
    values: dict[str, Any] = {}
    problems = []
    for found, value in _leaves(document, {path[:-1] for path in known}):
        if found in known:
            _put(values, known[found], value)
        else:
            hint = _did_you_mean(".".join(found), [".".join(path) for path in known])
            problems.append(
                SettingProblem(CONFIG, f"names {json.dumps('.'.join(found))}, which is not a setting{hint}")
            )
    return values, problems


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Where the syntax breaks, without the words around it, which may be a secret."""
    return "its syntax breaks " + (str(error).rpartition("(")[2].rstrip(")") or "somewhere")


def _leaves(
    document: Mapping[str, Any], groups: set[tuple[str, ...]], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in document.items():
        if isinstance(value, dict) and (*above, key) in groups:
            yield from _leaves(value, groups, (*above, key))
        else:
            yield (*above, key), value


def _with_keys(values: dict[str, Any]) -> dict[str, Any]:
    shared = {name: values[name] for name in _SHARED if name in values}
    return values | {"keys": values.get("keys", {}) | shared}


def _put(values: dict[str, Any], path: Sequence[str], value: object) -> None:
    for group in path[:-1]:
        values = values.setdefault(group, {})
    values[path[-1]] = value


def _without(values: dict[str, Any], paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """A copy with the failed values left out, so that defaults stand in for them."""
    kept = {key: dict(value) if isinstance(value, dict) else value for key, value in values.items()}
    for path in paths:
        group = kept if len(path) == 1 else kept.get(path[0], {})
        group.pop(path[-1], None)
    return {key: value for key, value in _STAND_IN.items() if (key,) in paths} | kept


def _named(settings: Sequence[Setting], detail: ErrorDetails) -> Setting | None:
    # A rule that joins several settings of the keys has no place of its own; all of them are about the publication.
    where = ("keys", "keys_publication") if detail["loc"] == ("keys",) else tuple(detail["loc"])
    return next((setting for setting in settings if where[: len(setting.path)] == setting.path), None)


def _sentence(setting: Setting, detail: ErrorDetails) -> str:
    """What the value has to be; the value itself only if it is no secret."""
    if detail["type"] == "missing":
        return "is missing; set it" + (f", or {setting.env_file}" if setting.secret else "")
    match detail["type"]:
        case "bool_parsing" | "bool_type":
            rule = "must be true or false"
        case "int_parsing" | "int_type" | "int_from_float":
            rule = "must be a whole number"
        case "literal_error":
            rule = "must be " + str(detail["ctx"]["expected"]).replace("'", '"')
        case _:
            rule = detail["msg"].removeprefix("Value error, ")
    written = detail["input"]
    if setting.secret or not isinstance(written, str | int | float):
        return rule
    return f"{rule}; got {json.dumps(written)[:80]}"


def _in_order(problems: Iterable[SettingProblem], settings: Sequence[Setting]) -> list[SettingProblem]:
    order = {setting.env: place for place, setting in enumerate(settings)}
    return sorted(set(problems), key=lambda p: (order.get(p.name.removesuffix("_FILE"), -1), p))
