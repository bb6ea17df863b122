"""People by command line."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from idp.accounts.passwords import Passwords
from idp.clock import utc_now
from idp.store import accounts, sessions
from idp.store.accounts import Account
from idp.store.base import digest_of
from tests.commands.conftest import Operator

PASSWORD = "correct horse battery staple"


def account(operator: Operator) -> Account:
    with operator.database.autocommit() as db:
        found = accounts.find_by_email(db, "ada@example.com")
    assert found is not None
    return found


def signed_in(operator: Operator) -> str:
    now = utc_now()
    with operator.database.transaction() as db:
        sessions.start(
            db,
            "session-1",
            digest_of("cookie"),
            account_id=account(operator).id,
            amr=("pwd",),
            expires_at=now + timedelta(days=1),
            device={"user_agent": "Lynx", "address": "192.0.2.1"},
            now=now,
        )
    return "session-1"


def live(operator: Operator) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(operator.runs("session", "list", "ada@example.com", "--json").stdout)
    return found


def test_a_person_is_created_with_a_password_that_fits(operator: Operator) -> None:
    result = operator.runs(
        "user", "create", "Ada@Example.com", "--name", "Ada", "--password-stdin", "--json", typed=PASSWORD + "\n"
    )

    stored = account(operator)
    assert json.loads(result.stdout)["id"] == stored.id
    assert Passwords(memory_mib=7, time=1, parallelism=1).verify(stored.password_hash, PASSWORD)
    assert stored.email_verified_at is not None
    assert PASSWORD not in result.output
    assert operator.events() == ["account_created"]


@pytest.mark.parametrize(
    ("email", "password", "status"),
    [("ada@example.com", "short", 1), ("ada@example.com", "passwordpassword", 1), ("no address", PASSWORD, 2)],
)
def test_a_weak_password_or_a_bad_address_is_refused(
    operator: Operator, email: str, password: str, status: int
) -> None:
    operator.runs("user", "create", email, "--password-stdin", typed=password + "\n", expect=status)

    assert operator.events() == []


def test_standard_claims_come_from_a_file(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "ada.json"
    file.write_text(json.dumps({"nickname": "Ada", "address": {"country": "UK"}, "phone_number_verified": True}))

    operator.runs(
        "user", "create", "ada@example.com", "--profile", str(file), "--password-stdin", typed=PASSWORD + "\n"
    )

    assert account(operator).profile == {
        "nickname": "Ada",
        "address": {"country": "UK"},
        "phone_number_verified": True,
    }


@pytest.mark.parametrize("claims", [{"sub": "x"}, {"nickname": 1}, {"address": "UK"}, {"email_verified": True}, []])
def test_a_file_of_other_things_is_refused(operator: Operator, tmp_path: Path, claims: object) -> None:
    file = tmp_path / "ada.json"
    file.write_text(json.dumps(claims))

    operator.runs("user", "create", "ada@example.com", "--profile", str(file), "--no-password", expect=2)

    assert operator.events() == []


def test_one_address_has_one_account(operator: Operator, person: Callable[[], str]) -> None:
    person()

    result = operator.runs("user", "create", "ADA@example.com", "--password-stdin", typed=PASSWORD + "\n", expect=1)

    assert "already" in result.stderr


def test_without_a_terminal_the_password_has_to_come_from_standard_input(operator: Operator) -> None:
    result = operator.runs("user", "create", "ada@example.com", expect=2)

    assert "--password-stdin" in result.stderr


def test_a_new_password_ends_the_sessions(operator: Operator, person: Callable[[], str]) -> None:
    email = person()
    signed_in(operator)
    assert len(live(operator)) == 1

    operator.runs("user", "set-password", email, "--password-stdin", typed="another long passphrase here\n")

    assert live(operator) == []
    assert Passwords(memory_mib=7, time=1, parallelism=1).verify(
        account(operator).password_hash, "another long passphrase here"
    )


def test_a_disabled_person_has_no_sessions_and_can_be_enabled_again(
    operator: Operator, person: Callable[[], str]
) -> None:
    email = person()
    signed_in(operator)

    operator.runs("user", "disable", email, "--yes")
    assert not account(operator).is_enabled
    operator.runs("user", "enable", email)

    assert account(operator).is_enabled
    assert live(operator) == []
    assert operator.events() == ["account_created", "account_disabled", "account_enabled"]


def test_a_deleted_person_is_not_found_any_more(operator: Operator, person: Callable[[], str]) -> None:
    email = person()

    operator.runs("user", "delete", email, "--yes")

    assert account(operator).deleted_at is not None
    operator.runs("user", "show", email, expect=1)
    assert json.loads(operator.runs("user", "list", "--json").stdout) == []


def test_an_erased_person_leaves_no_row(operator: Operator, person: Callable[[], str]) -> None:
    operator.runs("user", "delete", person(), "--erase", "--yes")

    with operator.database.autocommit() as db:
        assert accounts.all_accounts(db) == []


def test_one_session_can_be_ended(operator: Operator, person: Callable[[], str]) -> None:
    email = person()
    session = signed_in(operator)

    operator.runs("session", "end", email, "unknown", "--yes", expect=1)
    operator.runs("session", "end", email, session, "--yes")

    assert live(operator) == []
    assert operator.events() == ["account_created", "session_ended"]
