"""What is kept of an address that was sent, and how it is told apart from those that are registered."""

import pytest

from idp.protocol.explanation.addresses import differences, kept, nearest

REGISTERED = "https://rp.example/callback"
SECRETS = ("s3cr3t-0123456789", "ada@example.com", "ada%40example.com", "eyJhbGciOi.eyJzdWIi.c2ln")


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ("https://rp.example/callback/", "a slash at the end: only what was sent has it"),
        ("http://rp.example/callback", "scheme: http was sent, https is registered"),
        ("https://rp.example:8443/callback", "port: 8443 was sent, none (443) is registered"),
        ("https://rp.example:443/callback", "port: 443 was sent, none (443) is registered"),
        ("https://RP.example/callback", "host: the same but for upper and lower case"),
        ("https://www.rp.example/callback", "host: www.rp.example was sent, rp.example is registered"),
        ("https://rp.example/Callback", "path: the same but for upper and lower case"),
        ("https://rp.example/%63allback", "path: the same but for percent-encoding"),
        ("https://rp.example/callback/extra", "path: /callback/extra was sent, /callback is registered"),
        ("https://rp.example/callback?", "query: none was sent, none is registered"),
        ("https://rp.example/callback?a=b", "query: a=… was sent, none is registered"),
        ("https://rp.example/callback#", "fragment: a redirect URI must not have one"),
        ("https://rp.example@evil.test/callback", "user information: an address must not have any"),
        (" https://rp.example/callback", "white space: there is some around what was sent"),
        ("https://rp.example/callback ", "white space: there is some around what was sent"),
        ("/callback", "scheme: none was sent, https is registered"),
        ("https://[::1/callback", "what was sent is no address that can be read"),
        ("https://rp.example:x/callback", "what was sent is no address that can be read"),
    ],
)
def test_a_difference_is_named(sent: str, word: str) -> None:
    assert word in differences(kept(sent, [REGISTERED]), REGISTERED)


def test_a_slash_that_is_missing_is_named_from_the_other_side() -> None:
    assert differences("https://rp.example/callback", "https://rp.example/callback/") == [
        "a slash at the end: only what is registered has it"
    ]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "shape",
    [
        "https://rp.example/callback?code={}",
        "https://rp.example/callback?{}=x",
        "https://rp.example/callback?{}",
        "https://rp.example/callback/{}",
        "https://rp.example/callback/{}/x",
        "https://rp.example/callback#{}",
        "https://rp.example/callback#?{}",
        "https://{}@rp.example/callback",
        "https://ada:{}@rp.example/callback",
        "https://rp.example/callback;{}",
        "{}",
        "{}:x",
        "https://[{}",
        "https://rp.example\\{}/callback",
    ],
)
def test_nothing_that_only_the_sender_knows_is_kept(shape: str, secret: str) -> None:
    assert secret not in kept(shape.format(secret), [REGISTERED])


def test_what_is_registered_is_kept_whole() -> None:
    registered = ["https://rp.example/tenants/4711000000000000000000000000/cb?tenant=4711"]

    assert kept(registered[0], registered) == registered[0]
    assert kept(registered[0] + "&code=x", registered) == registered[0] + "&code=…"


def test_what_is_kept_is_short() -> None:
    assert len(kept("https://rp.example/" + "a/" * 5_000, [REGISTERED])) < 310


def test_the_nearest_registered_address_is_compared() -> None:
    assert nearest("https://b.example/cb/", ["https://a.example/", "https://b.example/cb"]) == "https://b.example/cb"
    assert nearest("https://b.example/cb/", []) is None
