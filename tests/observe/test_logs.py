"""Logs carry the request's id and no secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from idp.observe.logs import NEVER_BELOW, access_line, configure
from idp.observe.redaction import HIDDEN, SECRET_NAMES
from idp.observe.request_id import request_id


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:] = kept
    root.setLevel(level)
    for name in ("idp.access", "idp.test", *NEVER_BELOW):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


log = logging.getLogger("idp.test")


def test_a_line_is_one_json_object_with_the_requests_id(written: io.StringIO) -> None:
    configure(stream=written)
    token = request_id.set("abc123")

    log.info("key published", extra={"kid": "k1"})
    request_id.reset(token)

    line = json.loads(written.getvalue())
    assert (line["event"], line["kid"], line["request_id"], line["level"]) == ("key published", "k1", "abc123", "INFO")
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_arrived_cannot_begin_a_line_of_its_own(written: io.StringIO, form: str) -> None:
    configure(stream=written, form="json" if form == "json" else "text")

    log.warning("odd input %s", "x\n2026-01-01 INFO idp: all is well", extra={"more": "y\r\nz"})

    assert written.getvalue().count("\n") == 1


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("name", sorted(SECRET_NAMES))
def test_a_secret_is_hidden_by_its_name(written: io.StringIO, name: str, form: str) -> None:
    configure(stream=written, form="json" if form == "json" else "text")

    log.info("received", extra={name: "s3cr3t-field", "inner": {name.upper(): ["s3cr3t-inner"]}})
    log.info("GET /callback?%s=s3cr3t-query&x=1", name)
    log.info("header {'%s': 's3cr3t-header'}", name)

    assert "s3cr3t" not in written.getvalue()
    assert written.getvalue().count(HIDDEN) == 4


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW",
        "bearer op_at_T0pS3cretT0pS3cret",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "alice@example.com",
        "login_hint%3Dalice%40example.com",
        "postgresql://idp:hunter2@db.example/idp",
        "[parameters: ('alice', 'hash')]",
        "DETAIL:  Key (email_key)=(alice) already exists.",
    ],
)
def test_a_message_is_scrubbed_also_in_a_traceback(written: io.StringIO, secret: str) -> None:
    configure(stream=written)

    log.error("it went wrong: %s", secret, exc_info=RuntimeError(secret))

    assert HIDDEN in written.getvalue()
    for part in ("czZCaGRS", "T0pS3cret", "eyJzdWIi", "alice", "hunter2"):
        assert part not in written.getvalue()


@pytest.mark.parametrize(
    ("family", "level"), [("authlib.oauth2.rfc6749", "DEBUG"), ("sqlalchemy.engine.Engine", "INFO")]
)
def test_libraries_that_log_secrets_stay_silent_at_debug(written: io.StringIO, family: str, level: str) -> None:
    configure(level="DEBUG", stream=written)
    chatty = logging.getLogger(family)

    chatty.log(getattr(logging, level), "Issue token %r", {"access_token": "s3cr3t"})
    chatty.setLevel(logging.DEBUG)
    chatty.log(getattr(logging, level), "Issue token %r", {"access_token": "s3cr3t"})
    chatty.setLevel(logging.NOTSET)
    chatty.warning("heard")

    assert "Issue" not in written.getvalue()
    assert "heard" in written.getvalue()


def test_the_access_line_names_the_route_and_can_be_switched_off(written: io.StringIO) -> None:
    configure(stream=written)
    access_line("GET", "/authorize/{id}", 303, 4.2)
    configure(stream=written, access=False)
    access_line("GET", "/token", 200, 4.2)

    line = json.loads(written.getvalue())
    assert (line["method"], line["route"], line["status"], line["ms"]) == ("GET", "/authorize/{id}", 303, 4.2)


def test_debug_events_of_ours_are_written_when_asked_for(written: io.StringIO) -> None:
    configure(level="DEBUG", stream=written)

    log.debug("detail")

    assert "detail" in written.getvalue()
