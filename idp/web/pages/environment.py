"""The template environment: escaping, the filters, and sentences in the language of the page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from idp.web import i18n
from idp.web.catalogues import german


def environment_for(templates_dir: Path) -> Environment:
    """The template environment: escaping on, unknown names are errors, sentences in the language of the page."""
    environment = Environment(
        loader=FileSystemLoader(templates_dir),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(translated=_translated, moment=_moment, with_query=_with_query)
    return environment


@pass_context
def _gettext(context: Context, sentence: str) -> str:
    return i18n.translated(context["language"], sentence)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return i18n.translated(context["language"], one if count == 1 else many)


@pass_context
def _translated(context: Context, sentence: str, **named: str) -> str:
    """For sentences that endpoints wrote: looked up, but never taken for a format string. Names are put in as given."""
    found = i18n.translated(context["language"], sentence)
    for name, value in named.items():
        found = found.replace(f"%({name})s", value)
    return found


@pass_context
def _moment(context: Context, value: datetime) -> str:
    if context["language"] == "de":
        return f"{value.day}. {german.MONTHS[value.month - 1]} {value:%Y, %H:%M} UTC"
    return f"{value.day} {value:%b %Y, %H:%M} UTC"


def _with_query(path: str, **parameters: str | None) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
