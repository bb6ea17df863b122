from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from keys.duration import format_duration, parse_duration
from keys.lifecycle import KeyPolicy
from keys.settings import KeySettings, KeySettingsError

KEK = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
GOOD = {"IDP_DATABASE_URL": "sqlite:///idp.db", "IDP_KEY_ENCRYPTION_KEY": KEK}


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(KeySettingsError) as refusal:
        KeySettings.from_environment(environ)
    return str(refusal.value)


def test_two_settings_are_enough() -> None:
    settings = KeySettings.from_environment(GOOD)

    assert settings.kek() == bytes(range(32))
    assert settings.policy() == KeyPolicy()


def test_publication_is_twice_the_cache_time_and_a_minute_unless_set() -> None:
    derived = KeySettings.from_environment({**GOOD, "IDP_JWKS_MAX_AGE": "10min"})
    chosen = KeySettings.from_environment({**GOOD, "IDP_JWKS_MAX_AGE": "10min", "IDP_KEYS_PUBLICATION": "PT1H"})

    assert derived.policy().publication == timedelta(minutes=21)
    assert chosen.policy().publication == timedelta(hours=1)


def test_servers_rotate_keys_themselves_unless_told_not_to() -> None:
    told = KeySettings.from_environment({**GOOD, "IDP_KEYS_ROTATE_AUTOMATICALLY": "false"})

    assert KeySettings.from_environment(GOOD).keys_rotate_automatically is True
    assert told.keys_rotate_automatically is False
    assert "IDP_KEYS_ROTATE_AUTOMATICALLY" in refused({**GOOD, "IDP_KEYS_ROTATE_AUTOMATICALLY": "sometimes"})


def test_a_publication_that_caches_outlast_is_refused() -> None:
    message = refused({**GOOD, "IDP_KEYS_PUBLICATION": "1h"})

    assert "IDP_KEYS_PUBLICATION   must be at least 1h40s" in message


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "kek").write_text(KEK + "\n")
    (tmp_path / "url").write_text("postgresql://idp:pw@db/idp\n")
    files = {"IDP_KEY_ENCRYPTION_KEY_FILE": f"{tmp_path}/kek", "IDP_DATABASE_URL_FILE": f"{tmp_path}/url"}

    settings = KeySettings.from_environment(files)

    assert settings.kek() == bytes(range(32))
    assert settings.database_url.get_secret_value() == "postgresql://idp:pw@db/idp"


def test_the_environment_prevails_over_the_file_and_fields_of_the_server_are_passed_over(tmp_path: Path) -> None:
    config = tmp_path / "idp.toml"
    config.write_text(
        'issuer = "https://id.example"\nkeys_skew = "1min"\njwks_max_age = "2h"\n[lifetimes]\ncode = "1s"\n'
    )

    settings = KeySettings.from_environment({**GOOD, "IDP_CONFIG": str(config), "IDP_JWKS_MAX_AGE": "30min"})

    assert (settings.keys_skew, settings.jwks_max_age) == (timedelta(minutes=1), timedelta(minutes=30))


def test_every_problem_is_reported_at_once_and_no_secret_is_shown() -> None:
    environ = {"IDP_KEY_ENCRYPTION_KEY": "hunter2", "IDP_KEYS_SKEW": "60", "IDP_KEYS_TOKEN_LIFE": "0s"}

    message = refused(environ)

    assert message.startswith("keys: 4 settings need attention\n")
    assert "IDP_DATABASE_URL         is missing; set it, or IDP_DATABASE_URL_FILE" in message
    for name in ("IDP_KEY_ENCRYPTION_KEY", "IDP_KEYS_SKEW", "IDP_KEYS_TOKEN_LIFE"):
        assert name in message
    assert "hunter2" not in message


@pytest.mark.parametrize("kek", [KEK[:-1], KEK + "A", KEK[:-1] + "9", KEK.replace("Q", "+", 1), KEK[:-1] + "\u00e9"])
def test_a_key_encryption_key_that_is_not_32_bytes_is_refused(kek: str) -> None:
    assert "IDP_KEY_ENCRYPTION_KEY   must be 32 bytes" in refused({**GOOD, "IDP_KEY_ENCRYPTION_KEY": kek})


def test_an_unreadable_file_is_reported_under_its_own_name(tmp_path: Path) -> None:
    environ = {"IDP_DATABASE_URL": "sqlite:///x", "IDP_KEY_ENCRYPTION_KEY_FILE": f"{tmp_path}/none"}

    message = refused(environ)

    assert message.startswith("keys: 1 setting needs attention\n")
    assert "IDP_KEY_ENCRYPTION_KEY_FILE" in message


def test_a_broken_file_is_reported_without_its_content(tmp_path: Path) -> None:
    config = tmp_path / "idp.toml"
    config.write_text('key_encryption_key = "hunter2')

    message = refused({**GOOD, "IDP_CONFIG": str(config)})

    assert "IDP_CONFIG" in message
    assert "hunter2" not in message


def test_settings_do_not_change_and_do_not_show_secrets() -> None:
    settings = KeySettings.from_environment(GOOD)

    assert KEK not in repr(settings)
    with pytest.raises(ValidationError):
        settings.keys_skew = timedelta()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10s", timedelta(seconds=10)),
        ("15min", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("90d", timedelta(days=90)),
        ("1h30min", timedelta(minutes=90)),
        ("PT15M", timedelta(minutes=15)),
        ("P90D", timedelta(days=90)),
        ("P1DT1H", timedelta(hours=25)),
    ],
)
def test_durations_are_read_as_written(written: str, meant: timedelta) -> None:
    assert parse_duration(written) == meant
    assert parse_duration(format_duration(meant)) == meant


@pytest.mark.parametrize("written", ["", "60", "1", "h", "-1h", "1.5h", "P", "PT", "1y", "P1Y", "1h junk", "9999999d"])
def test_other_durations_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(written)
