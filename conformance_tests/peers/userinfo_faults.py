"""Faults in what is told about a person."""

from conformance_tests.peers.alterations import header, in_json, refusing
from conformance_tests.peers.faulty_proxy import Fault

USERINFO_FAULTS = (
    Fault(
        "userinfo speaks of somebody else",
        ("oidcc_userinfo_get", "oidcc_userinfo_post_header", "oidcc_userinfo_post_body"),
        after=in_json("userinfo_endpoint", sub="somebody-else"),
    ),
    Fault("userinfo is text", ("oidcc_userinfo_get",), after=header("userinfo_endpoint", "Content-Type", "text/plain")),
    Fault(
        "userinfo refuses POST",
        ("oidcc_userinfo_post_header", "oidcc_userinfo_post_body"),
        before=refusing("userinfo_endpoint", lambda ask: ask.method == "POST", 405),
    ),
    Fault(
        "a verified flag is a string",
        ("oidcc_scope_email", "oidcc_scope_all"),
        after=in_json("userinfo_endpoint", email_verified="true"),
    ),
    Fault(
        "updated_at is a date", ("oidcc_scope_profile",), after=in_json("userinfo_endpoint", updated_at="2026-01-01")
    ),
    Fault("address is a string", ("oidcc_scope_address",), after=in_json("userinfo_endpoint", address="1 Road")),
    Fault(
        "phone_number is missing",
        ("oidcc_scope_phone", "oidcc_scope_all"),
        after=in_json("userinfo_endpoint", phone_number=None),
    ),
    Fault(
        "name is missing",
        ("oidcc_claims_essential", "oidcc_scope_profile"),
        after=in_json("userinfo_endpoint", name=None),
    ),
    Fault(
        "the e-mail address is missing",
        ("oidcc_scope_email", "oidcc_alternate_happy_flow"),
        after=in_json("userinfo_endpoint", email=None, email_verified=None),
    ),
)
