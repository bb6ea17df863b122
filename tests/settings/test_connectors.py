"""Connectors: from variables, from the file, from both, and everything that is wrong with them at once."""

from pathlib import Path

import pytest

from idp.settings import Settings, SettingsError

BASE = {
    "IDP_ISSUER": "https://id.example.com",
    "IDP_DATABASE_URL": "sqlite:////var/lib/idp/idp.db",
    "IDP_KEY_ENCRYPTION_KEY": "A" * 43,
}
GOOGLE = {
    "IDP_CONNECTOR_GOOGLE_KIND": "google",
    "IDP_CONNECTOR_GOOGLE_CLIENT_ID": "our-app",
    "IDP_CONNECTOR_GOOGLE_CLIENT_SECRET": "a secret",
}


def problems(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(BASE | environ)
    return {problem.name: problem.sentence for problem in raised.value.problems}


def file_with(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "idp.toml"
    file.write_text(text)
    return {"IDP_CONFIG": str(file)}


def test_none_are_configured_unless_named() -> None:
    assert Settings.from_environment(BASE).connectors == ()


def test_variables_are_enough() -> None:
    settings = Settings.from_environment(BASE | GOOGLE | {"IDP_CONNECTORS": "google"})

    (google,) = settings.connectors
    assert (google.name, google.kind, google.button) == ("google", "google", "Google")
    assert google.client_secret is not None
    assert google.client_secret.get_secret_value() == "a secret"


def test_a_hyphen_is_an_underscore_in_a_variable_and_several_of_a_kind_are_fine() -> None:
    environ = {
        "IDP_CONNECTORS": "staff-login, partners",
        "IDP_CONNECTOR_STAFF_LOGIN_KIND": "oidc",
        "IDP_CONNECTOR_STAFF_LOGIN_CLIENT_ID": "one",
        "IDP_CONNECTOR_STAFF_LOGIN_ISSUER": "https://login.example.com/realms/staff",
        "IDP_CONNECTOR_STAFF_LOGIN_LABEL": "Staff",
        "IDP_CONNECTOR_STAFF_LOGIN_DOMAINS": "Example.com, example.org",
        "IDP_CONNECTOR_PARTNERS_KIND": "oidc",
        "IDP_CONNECTOR_PARTNERS_CLIENT_ID": "two",
        "IDP_CONNECTOR_PARTNERS_ISSUER": "https://partners.example/",
    }

    staff, partners = Settings.from_environment(BASE | environ).connectors

    assert (staff.name, staff.button, staff.domains) == ("staff-login", "Staff", ("example.com", "example.org"))
    assert (partners.issuer, partners.authoritative_for) == ("https://partners.example/", ())


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "google"
    secret.write_text("from a file\n")
    secret.chmod(0o600)
    environ = {name: value for name, value in GOOGLE.items() if not name.endswith("SECRET")}

    (google,) = Settings.from_environment(
        BASE | environ | {"IDP_CONNECTORS": "google", "IDP_CONNECTOR_GOOGLE_CLIENT_SECRET_FILE": str(secret)}
    ).connectors

    assert google.client_secret is not None
    assert google.client_secret.get_secret_value() == "from a file"


def test_a_secret_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "google"
    secret.write_text("x")
    secret.chmod(0o644)
    environ = {name: value for name, value in GOOGLE.items() if not name.endswith("SECRET")}

    found = problems(environ | {"IDP_CONNECTORS": "google", "IDP_CONNECTOR_GOOGLE_CLIENT_SECRET_FILE": str(secret)})

    assert "every user" in found["IDP_CONNECTOR_GOOGLE_CLIENT_SECRET_FILE"]


_FILE = """
[connectors.work]
kind = "oidc"
client_id = "ours"
issuer = "https://login.example.com"
authoritative_for = ["example.com"]

[connectors.x]
kind = "x"
client_id = "ours"
"""


def test_tables_of_the_file_are_on_in_their_order(tmp_path: Path) -> None:
    found = Settings.from_environment(BASE | file_with(tmp_path, _FILE)).connectors

    assert [(one.name, one.kind) for one in found] == [("work", "oidc"), ("x", "x")]
    assert found[0].authoritative_for == ("example.com",)


def test_the_list_orders_and_switches_off_and_variables_win(tmp_path: Path) -> None:
    more = {"IDP_CONNECTORS": "x", "IDP_CONNECTOR_X_CLIENT_ID": "another"}

    found = Settings.from_environment(BASE | file_with(tmp_path, _FILE) | more).connectors

    assert [(one.name, one.client_id) for one in found] == [("x", "another")]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = problems(
        {
            "IDP_CONNECTORS": "google, facebook, work, Wrong_Name",
            "IDP_CONNECTOR_GOOGLE_KIND": "gogle",
            "IDP_CONNECTOR_GOOGLE_CLIENT_ID": "x",
            "IDP_CONNECTOR_FACEBOOK_KIND": "facebook",
            "IDP_CONNECTOR_FACEBOOK_CLIENT_ID": "x",
            "IDP_CONNECTOR_FACEBOOK_GRAPH_VERSION": "26",
            "IDP_CONNECTOR_WORK_KIND": "oidc",
            "IDP_CONNECTOR_WORK_DOMAINS": "exa_mple",
            "IDP_CONNECTOR_WORK_ISSUER": "http://login.example.com",
            "IDP_CONNECTOR_NOBODY_KIND": "x",
            "IDP_CONNECTOR_WORK_COLOUR": "blue",
        }
    )

    assert found.keys() == {
        "IDP_CONNECTORS",
        "IDP_CONNECTOR_GOOGLE_KIND",
        "IDP_CONNECTOR_FACEBOOK_CLIENT_SECRET",
        "IDP_CONNECTOR_FACEBOOK_GRAPH_VERSION",
        "IDP_CONNECTOR_WORK_CLIENT_ID",
        "IDP_CONNECTOR_WORK_DOMAINS",
        "IDP_CONNECTOR_WORK_ISSUER",
        "IDP_CONNECTOR_NOBODY_KIND",
        "IDP_CONNECTOR_WORK_COLOUR",
    }


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"IDP_CONNECTOR_GOOGLE_CLIENT_SECRET": ""}, "IDP_CONNECTOR_GOOGLE_CLIENT_SECRET"),
        ({"IDP_CONNECTOR_GOOGLE_ISSUER": "https://a.example"}, "IDP_CONNECTOR_GOOGLE_ISSUER"),
        ({"IDP_CONNECTOR_GOOGLE_AUTHORITATIVE_FOR": "a.example"}, "IDP_CONNECTOR_GOOGLE_AUTHORITATIVE_FOR"),
        ({"IDP_CONNECTOR_GOOGLE_HOSTED_DOMAINS": "*.example"}, "IDP_CONNECTOR_GOOGLE_HOSTED_DOMAINS"),
        ({"IDP_CONNECTOR_GOOGLE_ORIGIN": "https://evil.example"}, "IDP_CONNECTOR_GOOGLE_ORIGIN"),
        ({"IDP_CONNECTOR_GOOGLE_ORIGIN": "http://127.0.0.1:8003"}, "IDP_CONNECTOR_GOOGLE_ORIGIN"),
        ({"IDP_CONNECTOR_GOOGLE_CLIENT_SECRET_FILE": "/nowhere"}, "IDP_CONNECTOR_GOOGLE_CLIENT_SECRET"),
        ({"IDP_CONNECTORS": "google, google"}, "IDP_CONNECTORS"),
    ],
)
def test_each_of_these_alone_is_refused(changed: dict[str, str], name: str) -> None:
    assert name in problems(GOOGLE | {"IDP_CONNECTORS": "google"} | changed)


TENANT = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
MICROSOFT = {
    "IDP_CONNECTORS": "ms",
    "IDP_CONNECTOR_MS_KIND": "microsoft",
    "IDP_CONNECTOR_MS_CLIENT_ID": "x",
    "IDP_CONNECTOR_MS_CLIENT_SECRET": "x",
}


@pytest.mark.parametrize(
    ("written", "read"),
    [("*", ("*",)), (TENANT.upper(), (TENANT,)), (f"{TENANT}, {OTHER_TENANT}", (TENANT, OTHER_TENANT))],
)
def test_tenants_are_named_by_their_ids(written: str, read: tuple[str, ...]) -> None:
    (found,) = Settings.from_environment(BASE | MICROSOFT | {"IDP_CONNECTOR_MS_TENANTS": written}).connectors

    assert (found.tenants, found.button) == (read, "Microsoft")


@pytest.mark.parametrize("written", [None, "", "common", "contoso.example", f"*, {TENANT}", f"{TENANT}x", "{tenantid}"])
def test_microsoft_needs_tenants_that_are_ids(written: str | None) -> None:
    more = {"IDP_CONNECTOR_MS_TENANTS": written} if written is not None else {}

    assert "IDP_CONNECTOR_MS_TENANTS" in problems(MICROSOFT | more)


APPLE = {
    "IDP_CONNECTORS": "apple",
    "IDP_CONNECTOR_APPLE_KIND": "apple",
    "IDP_CONNECTOR_APPLE_CLIENT_ID": "com.example.id",
    "IDP_CONNECTOR_APPLE_TEAM_ID": "DEF123GHIJ",
    "IDP_CONNECTOR_APPLE_KEY_ID": "ABC123DEFG",
}


def test_the_key_of_apple_comes_from_the_file_that_apple_gives_out(tmp_path: Path) -> None:
    key = tmp_path / "AuthKey_ABC123DEFG.p8"
    key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    key.chmod(0o600)

    (apple,) = Settings.from_environment(BASE | APPLE | {"IDP_CONNECTOR_APPLE_CLIENT_SECRET_FILE": str(key)}).connectors

    assert (apple.button, apple.team_id, apple.key_id) == ("Apple", "DEF123GHIJ", "ABC123DEFG")
    assert apple.client_secret is not None
    assert apple.client_secret.get_secret_value().startswith("-----BEGIN")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "IDP_CONNECTOR_APPLE_CLIENT_SECRET"),
        ({"IDP_CONNECTOR_APPLE_TEAM_ID": ""}, "IDP_CONNECTOR_APPLE_TEAM_ID"),
        ({"IDP_CONNECTOR_APPLE_KEY_ID": "short"}, "IDP_CONNECTOR_APPLE_KEY_ID"),
        ({"IDP_CONNECTOR_APPLE_KIND": "google"}, "IDP_CONNECTOR_APPLE_TEAM_ID"),
    ],
)
def test_apple_needs_all_that_a_secret_is_signed_with(changed: dict[str, str], name: str) -> None:
    assert name in problems(APPLE | changed)


@pytest.mark.parametrize("issuer", ["https://appleid.apple.com", "https://appleid.apple.com/"])
def test_apple_as_any_other_provider_is_refused_with_what_to_take_instead(issuer: str) -> None:
    environ = {
        "IDP_CONNECTORS": "work",
        "IDP_CONNECTOR_WORK_KIND": "oidc",
        "IDP_CONNECTOR_WORK_CLIENT_ID": "x",
        "IDP_CONNECTOR_WORK_ISSUER": issuer,
    }

    assert "kind apple" in problems(environ)["IDP_CONNECTOR_WORK_ISSUER"]


def test_a_domain_has_one_connector(tmp_path: Path) -> None:
    domains = 'domains = ["example.com"]\n'
    text = _FILE.replace('issuer = "https://login.example.com"\n', 'issuer = "https://login.example.com"\n' + domains)

    assert "IDP_CONNECTOR_X_DOMAINS" in problems(file_with(tmp_path, text + domains))


def test_an_http_issuer_is_for_tests_on_this_machine() -> None:
    environ = {
        "IDP_CONNECTORS": "work",
        "IDP_CONNECTOR_WORK_KIND": "oidc",
        "IDP_CONNECTOR_WORK_CLIENT_ID": "x",
        "IDP_CONNECTOR_WORK_ISSUER": "http://127.0.0.1:4000",
    }

    assert "https" in problems(environ)["IDP_CONNECTOR_WORK_ISSUER"]
    assert Settings.from_environment(BASE | environ | {"IDP_INSECURE_HTTP": "1"}).connectors


@pytest.mark.parametrize("text", ["connectors = 1\n", 'connectors = "google"\n', "[connectors]\ngoogle = 1\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    assert "IDP_CONNECTORS" in problems(file_with(tmp_path, text))


def test_no_secret_is_ever_shown() -> None:
    settings = Settings.from_environment(BASE | GOOGLE | {"IDP_CONNECTORS": "google"})
    wrong = GOOGLE | {"IDP_CONNECTORS": "google", "IDP_CONNECTOR_GOOGLE_KIND": "nothing"}

    assert "a secret" not in f"{settings!r}{settings.connectors[0]}"
    assert "a secret" not in str(problems(wrong))
