"""Settings are read once, and every problem is named at once."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from idp.settings import Settings, SettingsError
from idp.settings.names import settings_of
from keys.duration import format_duration, parse_duration

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
GOOD = {
    "IDP_ISSUER": "https://id.example.com",
    "IDP_DATABASE_URL": "postgresql://idp:a-secret@db/idp",
    "IDP_KEY_ENCRYPTION_KEY": KEY,
}


def read(**changes: str) -> Settings:
    return Settings.from_environment(GOOD | changes)


def problems(environ: Mapping[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(environ)
    return {problem.name: problem.sentence for problem in refusal.value.problems}


def test_three_settings_are_enough() -> None:
    settings = read()

    assert settings.issuer == "https://id.example.com"
    assert settings.lifetimes.code == timedelta(seconds=60)
    assert settings.keys.kek() == bytes(range(32))


def test_every_problem_is_named_at_once() -> None:
    found = problems(
        {
            "IDP_ISSUER": "http://id.example.com/",
            "IDP_CODE_LIFETIME": "1h",
            "IDP_JWKS_MAX_AGE": "soon",
            "IDP_TLS_CERT": "/nowhere/cert.pem",
            "IDP_ISSUR": "x",
        }
    )

    assert found == {
        "IDP_ISSUER": 'must be an https URL without path, query or fragment, such as "https://id.example.com"; '
        'got "http://id.example.com/"',
        "IDP_DATABASE_URL": "is missing; set it, or IDP_DATABASE_URL_FILE",
        "IDP_KEY_ENCRYPTION_KEY": "is missing; set it, or IDP_KEY_ENCRYPTION_KEY_FILE",
        "IDP_CODE_LIFETIME": 'must be between 10s and 10min (RFC 6749 section 4.1.2); got "1h"',
        "IDP_JWKS_MAX_AGE": 'must be a duration such as "10s", "15min", "1h", "90d" or "PT15M"; got "soon"',
        "IDP_TLS_CERT": "must name a file that exists",
        "IDP_TLS_KEY": "is missing; certificate and key are set together",
        "IDP_ISSUR": "is not a setting; did you mean IDP_ISSUER?",
    }


def test_the_block_for_the_operator_counts_and_aligns() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(GOOD | {"IDP_PORT": "high", "IDP_WORKERS": "0"})

    assert str(refusal.value).splitlines() == [
        "idp: 2 settings need attention",
        '  IDP_PORT      must be a whole number; got "high"',
        '  IDP_WORKERS   must be between 1 and 256; got "0"',
    ]


@pytest.mark.parametrize(
    "issuer",
    [
        "https://id.example.com/",
        "https://id.example.com/path",
        "https://id.example.com?x=1",
        "https://id.example.com#x",
        "https://ID.example.com",
        "https://id.example.com:443",
        "https://id.example.com:",
        "https://user@id.example.com",
        "https://id.example.com:99999",
        "https://[::1",
        "ftp://id.example.com",
        "id.example.com",
    ],
)
def test_an_issuer_has_one_spelling(issuer: str) -> None:
    assert set(problems(GOOD | {"IDP_ISSUER": issuer})) == {"IDP_ISSUER"}


@pytest.mark.parametrize("issuer", ["http://id.example.com", "http://127.0.0.1:8000"])
def test_production_refuses_an_http_issuer(issuer: str) -> None:
    assert "must be an https URL" in problems(GOOD | {"IDP_ISSUER": issuer})["IDP_ISSUER"]


def test_an_http_issuer_on_loopback_can_be_asked_for() -> None:
    settings = read(IDP_ISSUER="http://127.0.0.1:8000", IDP_INSECURE_HTTP="1")

    assert settings.issuer == "http://127.0.0.1:8000"
    assert "IDP_ISSUER" in problems(GOOD | {"IDP_ISSUER": "http://id.example.com", "IDP_INSECURE_HTTP": "1"})


def test_development_accepts_loopback_only() -> None:
    found = problems(GOOD | {"IDP_ENVIRONMENT": "development", "IDP_HOST": "0.0.0.0"})  # noqa: S104

    assert set(found) == {"IDP_ISSUER", "IDP_HOST"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"IDP_SESSION_IDLE_LIFETIME": "20d"}, "IDP_SESSION_IDLE_LIFETIME"),
        ({"IDP_REFRESH_TOKEN_LIFETIME": "10d"}, "IDP_REFRESH_TOKEN_IDLE_LIFETIME"),
        ({"IDP_ID_TOKEN_LIFETIME": "2h"}, "IDP_ID_TOKEN_LIFETIME"),
        ({"IDP_JWT_ACCESS_TOKEN_LIFETIME": "2h"}, "IDP_JWT_ACCESS_TOKEN_LIFETIME"),
        ({"IDP_DPOP_ALGORITHMS": "ES256, HS256"}, "IDP_DPOP_ALGORITHMS"),
        ({"IDP_DPOP_ALGORITHMS": " "}, "IDP_DPOP_ALGORITHMS"),
        ({"IDP_DPOP_NONCES_FOR": "some"}, "IDP_DPOP_NONCES_FOR"),
        ({"IDP_KEYS_PUBLICATION": "1s"}, "IDP_KEYS_PUBLICATION"),
        ({"IDP_TRUSTED_PROXIES": "proxy.example"}, "IDP_TRUSTED_PROXIES"),
        ({"IDP_DATABASE_URL": "sqlite:///:memory:"}, "IDP_DATABASE_URL"),
        ({"IDP_DATABASE_URL": "mysql://x"}, "IDP_DATABASE_URL"),
        ({"IDP_SMTP_URL": "smtp://user:pass@mail.example"}, "IDP_SMTP_URL"),
        ({"IDP_MAIL_FROM": "a@b\r\nBcc: c@d"}, "IDP_MAIL_FROM"),
        ({"IDP_LOG_LEVEL": "LOUD"}, "IDP_LOG_LEVEL"),
        ({"IDP_SIGN_UP_OPEN": "perhaps"}, "IDP_SIGN_UP_OPEN"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, str], named: str) -> None:
    assert set(problems(GOOD | changes)) == {named}


def test_no_secret_stands_in_a_message() -> None:
    environ = GOOD | {
        "IDP_KEY_ENCRYPTION_KEY": "too-short-secret",
        "IDP_DATABASE_URL": "mysql://u:the-secret@db",
        "IDP_SMTP_URL": "smtp://u:other-secret@[x",
    }

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(environ)

    assert len(refusal.value.problems) == 3
    assert "secret" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_no_secret_stands_in_the_representation() -> None:
    text = repr(read(IDP_SMTP_URL="smtps://user:mail-secret@mail.example"))

    assert KEY not in text
    assert "secret" not in text


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    file.chmod(0o600)
    environ = {name: value for name, value in GOOD.items() if name != "IDP_KEY_ENCRYPTION_KEY"}

    settings = Settings.from_environment(environ | {"IDP_KEY_ENCRYPTION_KEY_FILE": str(file)})

    assert settings.key_encryption_key.get_secret_value() == KEY
    assert settings.keys.kek() == bytes(range(32))
    assert set(problems(GOOD | {"IDP_KEY_ENCRYPTION_KEY_FILE": str(file)})) == {"IDP_KEY_ENCRYPTION_KEY"}


def test_a_key_file_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o644)
    environ = {name: value for name, value in GOOD.items() if name != "IDP_KEY_ENCRYPTION_KEY"}

    found = problems(environ | {"IDP_KEY_ENCRYPTION_KEY_FILE": str(file)})

    assert "every user of this machine can read" in found["IDP_KEY_ENCRYPTION_KEY_FILE"]


def test_the_toml_file_lies_below_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "idp.toml"
    file.write_text('product_name = "From file"\nport = 1234\njwks_max_age = "2h"\n[lifetimes]\ncode = "30s"\n')

    settings = read(IDP_CONFIG=str(file), IDP_PORT="4321")

    assert settings.product_name == "From file"
    assert settings.port == 4321
    assert settings.lifetimes.code == timedelta(seconds=30)
    assert settings.keys.jwks_max_age == timedelta(hours=2)


def test_the_toml_file_is_held_to_known_names(tmp_path: Path) -> None:
    file = tmp_path / "idp.toml"
    file.write_text('[lifetimes]\ncod = "30s"\n')

    found = problems(GOOD | {"IDP_CONFIG": str(file)})

    assert found == {"IDP_CONFIG": 'names "lifetimes.cod", which is not a setting; did you mean lifetimes.code?'}


def test_a_broken_toml_file_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "idp.toml"
    file.write_text('key_encryption_key = "a-secret\n')

    assert "secret" not in problems(GOOD | {"IDP_CONFIG": str(file)})["IDP_CONFIG"]


def test_an_empty_variable_counts_as_absent() -> None:
    assert read(IDP_SMTP_URL="", IDP_PORT="").port == 8000


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read().port = 1


def test_every_setting_has_a_name_of_its_own_and_a_meaning() -> None:
    settings = list(settings_of(Settings))

    assert len({setting.env for setting in settings}) == len(settings)
    assert [setting.env for setting in settings if not setting.field.description] == []


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("10s", 10),
        ("15min", 900),
        ("1h30min", 5400),
        ("1 h", 3600),
        ("90d", 7_776_000),
        ("PT15M", 900),
        ("P1W", 604_800),
    ],
)
def test_durations_are_read_as_people_write_them(written: str, seconds: int) -> None:
    duration = parse_duration(written)

    assert duration == timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("written", ["60", "", "1y", "P1M", "-1s", "PT", "one hour", "1h!", "9999999d"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(written)
