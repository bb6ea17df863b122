"""`idp connector`: what is configured, and what is wrong with it before a person meets it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from typer.testing import CliRunner

from idp.__main__ import app
from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import FACEBOOK, GOOGLE
from tests.federation.direct import SECRET, Direct, direct

BASE = {
    "IDP_ISSUER": "http://127.0.0.1:1",
    "IDP_DATABASE_URL": "sqlite:////tmp/never-opened.db",
    "IDP_KEY_ENCRYPTION_KEY": "A" * 43,
    "IDP_ENVIRONMENT": "development",
}


@pytest.fixture(scope="module")
def google() -> Iterator[Direct[GoogleStage]]:
    with direct("google", GoogleStage, GOOGLE) as started:
        yield started


@pytest.fixture(scope="module")
def facebook() -> Iterator[Direct[FacebookStage]]:
    with direct("facebook", FacebookStage, FACEBOOK) as started:
        yield started


def connector(name: str, there: Direct[Any], **changed: str) -> dict[str, str]:
    prefix = f"IDP_CONNECTOR_{name.upper()}"
    return {
        "IDP_CONNECTORS": name,
        f"{prefix}_KIND": name,
        f"{prefix}_CLIENT_ID": "our-app",
        f"{prefix}_CLIENT_SECRET": SECRET,
        f"{prefix}_ORIGIN": there.stage.origin,
        **{f"{prefix}_{member}": value for member, value in changed.items()},
    }


def run(*command: str, environ: Mapping[str, str]) -> Any:
    return CliRunner().invoke(app, ["connector", *command], env={**BASE, **environ})


def test_it_lists_what_to_register_over_there(google: Direct[GoogleStage]) -> None:
    (listed,) = json.loads(run("list", "--json", environ=connector("google", google)).stdout)

    assert listed["redirect_uri"] == "http://127.0.0.1:1/social/google/callback"
    assert (listed["kind"], listed["button"]) == ("google", "Continue with Google")
    assert SECRET not in str(listed)


def test_a_connector_that_is_right_passes(google: Direct[GoogleStage]) -> None:
    checked = run("check", "google", environ=connector("google", google))

    assert checked.exit_code == 0, checked.output
    assert "/social/google/callback" in checked.stdout


@pytest.mark.parametrize("changed", [{"CLIENT_SECRET": "wrong"}, {"ORIGIN": "http://127.0.0.1:9"}])
def test_what_is_wrong_is_said_and_fails(google: Direct[GoogleStage], changed: dict[str, str]) -> None:
    checked = run("check", "google", environ=connector("google", google, **changed))

    assert checked.exit_code == 1
    assert "- " in checked.stdout


def test_metadata_of_somebody_else_is_found_out(google: Direct[GoogleStage]) -> None:
    google.stage.discovery_more = {"issuer": "https://accounts.google.com"}
    try:
        checked = run("check", "google", environ=connector("google", google))
    finally:
        google.stage.discovery_more = {}

    assert checked.exit_code == 1
    assert "another issuer" in checked.stdout


def test_a_version_of_the_graph_api_that_ends_is_said(facebook: Direct[FacebookStage]) -> None:
    checked = run("check", "facebook", environ=connector("facebook", facebook, GRAPH_VERSION="v20.0"))

    assert checked.exit_code == 1
    assert "v20.0 ended on 2026-09-24" in checked.stdout


def test_a_name_that_nobody_has_is_a_mistake(google: Direct[GoogleStage]) -> None:
    checked = run("check", "gogle", environ=connector("google", google))

    assert checked.exit_code == 2
    assert "there are: google" in checked.stderr
