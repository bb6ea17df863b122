from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2.ext import extract_from_ast

from idp.web import failures, i18n, permissions
from idp.web.assets import assets_dir
from idp.web.catalogues.german import MONTHS
from idp.web.page_context import PageContext
from idp.web.pages import Pages
from idp.web.pages.environment import environment_for
from tests.web.samples import SAMPLES, WHEN, client
from tests.web.test_pages import Document, render

OTHER_LANGUAGES = [language for language in i18n.LANGUAGES if language != i18n.DEFAULT]


def sentences() -> set[str]:
    """Every sentence that a person can read: of the templates, the permissions and the failures of the edge."""
    templates = assets_dir("templates")
    environment = environment_for(templates)
    found: set[str] = set()
    for template in templates.glob("*.html"):
        for _, _, message in extract_from_ast(environment.parse(template.read_text("utf-8"))):
            # A sentence with places for values comes as a tuple, its plural form (None) beside it.
            found.update(part for part in ((message,) if isinstance(message, str) else message or ()) if part)
    for permission in permissions.KNOWN.values():
        found.update(part for part in (permission.sentence, permission.detail) if part)
    for problem in (
        failures.not_found(),
        failures.method_not_allowed("GET"),
        failures.foreign_form(),
        failures.busy(),
        failures.outage(),
        failures.unexpected(),
        failures.unreadable("x", status=400),
    ):
        found.update((problem.title, problem.sentence))
    return found


def answers() -> set[str]:
    """Every sentence with which the endpoints and the accounts answer a person, read from their source."""
    rooms = Path(i18n.__file__).parents[1]
    to_machines = {"token.py", "userinfo.py", "upstream_logout.py"}
    files = [file for room in ("endpoints", "accounts") for file in (rooms / room).glob("*.py")]
    files += [rooms / "admission.py", rooms / "reception.py"]
    return {
        text
        for file in files
        if file.name not in to_machines
        for text in _answers_in(ast.parse(file.read_text("utf-8")))
    }


def _answers_in(tree: ast.Module) -> Iterator[str]:
    others: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.JoinedStr):
            others.update(ast.iter_child_nodes(node))
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Refuse", "ValueError"}
        ):
            others.update(node.args)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="PageProblem" | "Link"), args=[ast.Constant(value=str(title)), *_]):
                yield title
            case ast.keyword(arg="title" | "button", value=ast.Constant(value=str(title))):
                yield title
            case ast.Constant(value=str(text)) if (
                node not in others and (text[:1].isupper() or text.startswith("%(")) and text.endswith(".")
            ):
                yield text
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if start[:1].isupper():
                parts = [part.value if isinstance(part, ast.Constant) else "#" for part in node.values]
                text = "".join(map(str, parts))
                if text.endswith("."):
                    yield text
            case _:
                pass


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_no_sentence_is_missing_and_none_is_left_over(language: str) -> None:
    assert set(i18n.CATALOGUES[language]) == sentences() | answers()


def test_a_number_in_an_answer_may_be_any() -> None:
    assert i18n.translated("de", "Use at least 15 characters.") == "Nehmen Sie mindestens 15 Zeichen."
    assert i18n.translated("de", "Number 5 of 7 is # unknown.") == "Number 5 of 7 is # unknown."


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_translations_keep_the_places_for_values(language: str) -> None:
    places = re.compile(r"%\(\w+\)s|%")

    for sentence, translation in i18n.CATALOGUES[language].items():
        assert sorted(places.findall(sentence)) == sorted(places.findall(translation))


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_says_its_language_and_speaks_it(pages: Pages, name: str, language: str) -> None:
    page: Document = render(pages, name, "plain", language)

    assert page.all("html")[0].attributes["lang"] == language
    assert i18n.translated(language, "Skip to content") in page.text


def test_dates_are_written_as_the_language_writes_them(pages: Pages) -> None:
    english, german = (render(pages, "device_question", "plain", language).text for language in ("en", "de"))

    assert f"{WHEN.day} {WHEN:%b %Y, %H:%M} UTC" in english
    assert f"{WHEN.day}. {MONTHS[WHEN.month - 1]} {WHEN:%Y, %H:%M} UTC" in german


def test_the_name_of_an_app_is_put_in_after_the_sentence_was_looked_up(pages: Pages) -> None:
    context = PageContext("0123456789abcdef", lambda action: f"token-for-{action}", "de")

    page = pages.login(context, client=client("<b>"), request="r", reason="%(client)s asks you to confirm it's you.")

    assert "&lt;b&gt; bittet um Bestätigung, dass Sie es sind." in bytes(page.body).decode()


@pytest.mark.parametrize(
    ("ui_locales", "cookie", "accept_language", "chosen"),
    [
        (None, None, None, "en"),
        ("de", "en", "en", "de"),
        ("fr-CA de-AT en", None, None, "de"),
        (None, "de", "en", "de"),
        ("xx", "yy", "zz", "en"),
        (None, None, "fr, de;q=0.8, en;q=0.9", "en"),
        (None, None, "DE-ch", "de"),
        (None, None, "de;q=0", "en"),
        (None, None, "de;q=nan, ;;;,q=1,*;q=-1, de;q=٣", "en"),
        ("../../de {0} %s", "\x00", "de;q=0.0001", "de"),
    ],
)
def test_the_language_is_the_first_one_we_speak(
    ui_locales: str | None, cookie: str | None, accept_language: str | None, chosen: str
) -> None:
    assert i18n.choose(ui_locales=ui_locales, cookie=cookie, accept_language=accept_language) == chosen
