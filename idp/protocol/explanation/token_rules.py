"""The rules of the token endpoint and its neighbours, by the sentence of the refusal."""

from idp.protocol.explanation.rule import UPDATE, Rule

_ADDRESS = ("redirect_uris", "application_type")
_PKCE = ("require_pkce", "security_profile", "token_endpoint_auth_method")
_METHOD = ("token_endpoint_auth_method", "token_endpoint_auth_signing_alg", "jwks_uri", "security_profile")

RULES: tuple[tuple[str, Rule], ...] = (
    # Who a client is.
    (
        "Client authentication failed*",
        Rule(
            "RFC 6749 sections 2.3 and 5.2",
            "Compare client_id, secret and method in the application's settings; a new secret, while the old one goes "
            "on for a while: idp client rotate-secret CLIENT",
            _METHOD,
        ),
    ),
    (
        "Use one client authentication method*",
        Rule("RFC 6749 section 2.3", "Set one method in the library: the header, the form or the assertion.", _METHOD),
    ),
    (
        "client_id differs from*",
        Rule("RFC 6749 section 2.3", "Send the same client_id in the form, or leave it out there.", _METHOD),
    ),
    (
        "client_assertion*",
        Rule("RFC 7521 section 4.2; RFC 7523 section 3", "Change in the assertion what the sentence names.", _METHOD),
    ),
    (
        "Never send a client_secret in the URL.",
        Rule(
            "RFC 6749 section 2.3.1",
            "Send it in the header or the form, and make a new one: idp client rotate-secret CLIENT",
        ),
    ),
    ("Send one Authorization header.", Rule("RFC 9110 section 11.6.2", "Look for a proxy or a library that adds one.")),
    # Tokens.
    (
        "grant_type is missing.",
        Rule(
            "RFC 6749 section 4.1.3",
            "Send the parameters as a form, application/x-www-form-urlencoded, and not as JSON.",
        ),
    ),
    (
        "grant_type must be one of*",
        Rule("RFC 6749 section 5.2", "Passwords are never taken here: send people to /authorize.", ("grant_types",)),
    ),
    (
        "redirect_uri is missing; repeat*",
        Rule("RFC 6749 section 4.1.3", "Repeat the redirect_uri of the authorization request.", _ADDRESS),
    ),
    (
        "redirect_uri differs from*",
        Rule("RFC 6749 section 4.1.3", "Repeat the redirect_uri of the authorization request.", _ADDRESS),
    ),
    (
        "code_verifier is missing*",
        Rule("RFC 7636 section 4.5", "Send the verifier that the challenge was made from.", _PKCE),
    ),
    ("code_verifier must be*", Rule("RFC 7636 section 4.1", "Make it of 43 to 128 letters, digits and - . _ ~")),
    (
        "code_verifier does not fit*",
        Rule(
            "RFC 7636 section 4.6",
            "Keep the verifier with the state of each request: a second tab often overwrites the first one's.",
        ),
    ),
    (
        "The code was redeemed before*",
        Rule(
            "RFC 6749 sections 4.1.2 and 10.5",
            "Redeem each code once: look for a reload of the callback page, and for a retry after a time-out.",
        ),
    ),
    (
        "The code has expired*",
        Rule("RFC 6749 section 4.1.2", "Redeem it at once; see to slow servers between. IDP_CODE_LIFETIME"),
    ),
    (
        "The code was issued to another client.",
        Rule("RFC 6749 section 5.2", "Redeem it with the client_id that asked for it."),
    ),
    (
        "The code is bound to a DPoP key*",
        Rule("RFC 9449 section 10", "Use the same key for the request and for the code."),
    ),
    ("The code is *", Rule("RFC 6749 section 5.2", "Send the person to /authorize again.")),
    ("refresh_token is missing.", Rule("RFC 6749 section 6", "Send the parameters as a form.")),
    (
        "The refresh token was used *",
        Rule(
            "RFC 9700 section 4.14.2",
            "Store each new refresh token before it is used, in one place for all tabs and servers. "
            "IDP_REFRESH_REPEAT_WINDOW forgives a lost answer.",
        ),
    ),
    (
        "The refresh token is bound*",
        Rule("RFC 9449 section 5", "Keep the key with the token.", ("dpop_bound_access_tokens",)),
    ),
    ("The refresh token *", Rule("RFC 6749 section 5.2", "Send the person to /authorize again.", ("grant_types",))),
    (
        "scope may only contain what was granted.",
        Rule("RFC 6749 section 6", "Leave scope out, or narrow it.", ("scope",)),
    ),
    (
        "The client is no longer registered for any*",
        Rule("RFC 6749 section 6", "Register it again, or send the person to /authorize.", ("scope", "resources")),
    ),
    (
        "A public client cannot use the client credentials grant.",
        Rule(
            "RFC 6749 section 4.4",
            "Use a client with a secret or a key.",
            ("token_endpoint_auth_method", "grant_types"),
        ),
    ),
    (
        "scope may contain only what the client is registered for*",
        Rule("RFC 6749 section 4.4.2", f"Register it: {UPDATE} --scope 'ONE ANOTHER'", ("scope", "grant_types")),
    ),
    (
        "The client is not registered for the device grant.",
        Rule(
            "RFC 8628 section 3.1",
            f"{UPDATE} --grant-type urn:ietf:params:oauth:grant-type:device_code --grant-type refresh_token",
            ("grant_types",),
        ),
    ),
    (
        "scope must name at least one*",
        Rule("RFC 8628 section 3.1", "Ask for a scope value that is registered.", ("scope",)),
    ),
    ("The device code *", Rule("RFC 8628 section 3.5", "Ask for a new device code.", ("grant_types",))),
    ("The DPoP proof is of another key*", Rule("RFC 9449 section 10", "Push with the key that dpop_jkt names.")),
    ("A public client cannot introspect tokens.", Rule("RFC 7662 section 2.1", "Use a client with a secret or a key.")),
    ("token is missing.", Rule("RFC 7009 section 2.1; RFC 7662 section 2.1", "Send the token in the form.")),
)
"""The first whose pattern fits the sentence counts."""
