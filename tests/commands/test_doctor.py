"""`idp doctor` and wrong installations: what is wrong is said in words, with what to do, and never as a stack trace."""

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests import databases
from tests.commands.conftest import KEY, Operator
from tests.delivery.conftest import Postbox, free_port, smtp_server


def mail(operator: Operator, url: str) -> dict[str, str]:
    """What the doctor finds about mail."""
    operator.environ.update(IDP_SMTP_URL=url, IDP_ISSUER="https://127.0.0.1:1")
    # Other things are not well in such an installation.
    examined = json.loads(operator.runs("doctor", "--json", expect=1).stdout)
    return next(finding for finding in examined["findings"] if finding["subject"] == "mail")


def knows_the_password(
    _server: object, _session: object, _envelope: object, _mechanism: str, data: object
) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"idp", b"right")
    return AuthResult(success=is_right, handled=is_right)


@pytest.fixture
def port() -> Iterator[int]:
    """A mail server that wants a login, and takes it without TLS."""
    found = free_port()
    options: dict[str, Any] = {"auth_required": True, "auth_require_tls": False, "authenticator": knows_the_password}
    # The library thinks little of it, rightly; the login is what matters here.
    with warnings.catch_warnings(action="ignore"), smtp_server(Postbox(), found, **options):
        yield found


def test_the_doctor_signs_in_at_the_mail_server(operator: Operator, port: int) -> None:
    found = mail(operator, f"smtp://idp:right@127.0.0.1:{port}")

    assert (found["level"], found["sentence"]) == ("ok", "the SMTP server takes mail from here")


def test_the_doctor_says_that_the_mail_server_refuses_the_login(operator: Operator, port: int) -> None:
    found = mail(operator, f"smtp://idp:wrong@127.0.0.1:{port}")

    assert found["level"] == "broken"
    assert found["sentence"] == "the SMTP server refuses the login (535)"


def test_the_doctor_says_that_the_mail_server_wants_a_login(operator: Operator, port: int) -> None:
    found = mail(operator, f"smtp://127.0.0.1:{port}")

    assert found["level"] == "broken"
    assert found["sentence"] == "the SMTP server refuses the sender (530), which IDP_MAIL_FROM sets"


def test_the_doctor_says_that_the_mail_server_has_no_tls(operator: Operator, port: int) -> None:
    assert mail(operator, f"smtp://127.0.0.1:{port}?starttls")["sentence"].startswith(
        "the SMTP server does not offer STARTTLS"
    )
    assert mail(operator, f"smtps://127.0.0.1:{port}")["sentence"].startswith("TLS with the SMTP server fails")


def test_the_doctor_says_that_there_is_no_mail_server(operator: Operator) -> None:
    found = mail(operator, f"smtp://127.0.0.1:{free_port()}")

    assert found["sentence"] == "the SMTP server does not answer (ConnectionRefusedError)"


def test_the_doctor_names_every_setting_that_is_wrong(operator: Operator) -> None:
    operator.environ.update(IDP_ISSUER="nonsense", IDP_PORT="many")

    examined = json.loads(operator.runs("doctor", "--json", expect=1).stdout)

    assert [finding["sentence"].split()[0] for finding in examined["findings"]] == ["IDP_ISSUER", "IDP_PORT"]


COMMANDS = (("db", "upgrade"), ("db", "check"), ("client", "list"), ("user", "list"), ("explain",), ("keys", "list"))


def without_a_database(url: str, *command: str) -> str:
    operator = Operator(
        {"IDP_ISSUER": "https://id.example.com", "IDP_DATABASE_URL": url, "IDP_KEY_ENCRYPTION_KEY": KEY},
        None,  # type: ignore[arg-type]
    )
    said = operator.runs(*command, expect=1)
    assert "Traceback" not in said.stderr
    assert "secret" not in said.stderr
    return said.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_postgresql_that_is_away_is_said_to_be(command: tuple[str, ...]) -> None:
    said = without_a_database(f"postgresql://idp:secret@127.0.0.1:{free_port()}/idp", *command)

    assert "nothing listens at its address" in said or "the database does not answer" in said


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_that_is_not_there_is_said_to_be_missing(command: tuple[str, ...], tmp_path: Path) -> None:
    said = without_a_database(f"sqlite:///{tmp_path}/missing/idp.db", *command)

    assert "its folder does not exist" in said or "the database does not answer" in said


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_that_is_something_else_is_said_to_be(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "idp.db").write_bytes(os.urandom(4_096))

    said = without_a_database(f"sqlite:///{tmp_path}/idp.db", *command)

    assert "something else than a SQLite database" in said or "the database does not answer" in said


def test_a_database_and_a_role_that_are_not_there_are_told_apart(postgresql_server: str) -> None:
    with databases.postgresql_database(postgresql_server) as url:
        before, _, options = url.partition("?")
        base = before.rpartition("/")[0]

        assert "no database of this name" in without_a_database(f"{base}/nowhere?{options}", "db", "check")
        stranger = base.replace("postgres:@", "stranger:secret@")
        assert stranger != base
        assert "no such role" in without_a_database(f"{stranger}/nowhere?{options}", "db", "check")
