"""The rules of authorization requests, pushed ones included, by the sentence of the refusal."""

from idp.protocol.explanation.rule import UPDATE, Rule

_CORE = "OpenID Connect Core 1.0"
_ONCE = Rule(
    "RFC 6749 sections 3.1 and 3.2", "Send each parameter once; look for a query that is added to another one."
)
_ADDRESS = ("redirect_uris", "application_type")
_PKCE = ("require_pkce", "security_profile", "token_endpoint_auth_method")
_TYPES = ("response_types", "grant_types")
_PUSHED = ("require_pushed_authorization_requests", "security_profile")
_SIGNED = (
    "require_signed_request_object",
    "request_object_signing_alg",
    "request_uris",
    "jwks_uri",
    "security_profile",
)

RULES: tuple[tuple[str, Rule], ...] = (
    # Who asks, and where the answer goes.
    ("*must be sent once*", _ONCE),
    (
        "The request has no client_id.",
        Rule("RFC 6749 section 4.1.1", "Send the client_id that `idp client list` shows."),
    ),
    (
        "The client_id is not registered here*",
        Rule(
            "RFC 6749 section 4.1.2.1",
            "Compare client_id and issuer in the application's settings with `idp client list`; a disabled client "
            "comes back with: idp client enable CLIENT",
        ),
    ),
    (
        "The request has no redirect_uri.",
        Rule(f"{_CORE} section 3.1.2.1", "Send the redirect_uri, also where only one is registered.", _ADDRESS),
    ),
    (
        "The redirect_uri is not one of those registered*",
        Rule(
            f"{_CORE} section 3.1.2.1; RFC 9700 section 2.1",
            "Have the application send exactly what is registered, or register what it sends beside the rest: "
            f"{UPDATE} --redirect-uri ADDRESS --redirect-uri ANOTHER",
            _ADDRESS,
        ),
    ),
    (
        "The redirect_uri must use https*",
        Rule("FAPI 2.0 Security Profile section 5.3", "Use an https address.", (*_ADDRESS, "security_profile")),
    ),
    # Requests by reference, pushed and signed.
    (
        "The request_uri has led to an answer before*",
        Rule(
            "RFC 9126 section 4", "Push a new request for each sign-in; a reload or the back button cannot use the old."
        ),
    ),
    (
        "The request_uri is not one that was given*",
        Rule("RFC 9126 section 2.2", "Use the request_uri that /par answered to this very client, unchanged.", _PUSHED),
    ),
    (
        "The request_uri has expired*",
        Rule(
            "RFC 9126 section 2.2",
            "Push when the person has clicked, not before. IDP_PUSHED_REQUEST_LIFETIME says how long it lives.",
        ),
    ),
    (
        "*must be pushed (RFC 9126)*",
        Rule(
            "RFC 9126 sections 5 and 6",
            f"Push the request to /par first; or, outside of a profile: {UPDATE} --no-require-par. "
            "IDP_REQUIRE_PUSHED_AUTHORIZATION_REQUESTS asks it of every client.",
            _PUSHED,
        ),
    ),
    (
        "request_uri must not be pushed*",
        Rule("RFC 9126 section 2.1", "Push the parameters themselves, or a request object."),
    ),
    (
        "request and request_uri must not be sent together.",
        Rule("RFC 9101 section 5", "Send the request object either by value or by reference."),
    ),
    (
        "This client must send its requests as signed*",
        Rule("RFC 9101 section 10.5", f"Sign the request; or: {UPDATE} --no-require-signed-request", _SIGNED),
    ),
    (
        "request_uri is not one of the registered*",
        Rule(
            f"{_CORE} section 6.2; RFC 9101 section 5.2",
            f"Register the address: {UPDATE} --request-uri ADDRESS. Exactly as it is sent, beside the others.",
            ("request_uris",),
        ),
    ),
    (
        "request_uri cannot be used: *",
        Rule(
            "RFC 9101 section 5.2.3",
            "See that this server reaches the address, without a redirect; a host inside your network has to stand in "
            "IDP_OUTGOING_ALLOWED_HOSTS.",
            ("request_uris",),
        ),
    ),
    (
        "The document at request_uri is not a JWT.",
        Rule("RFC 9101 section 5.2.3", "Publish the bare JWT.", ("request_uris",)),
    ),
    (
        "response_type differs inside and outside*",
        Rule(f"{_CORE} section 6.1", "Send the same response_type in both places."),
    ),
    (
        "The request object *",
        Rule("RFC 9101 sections 4, 6 and 10", "Change in the request object what the sentence names.", _SIGNED),
    ),
    # What an authorization request asks for.
    (
        "A parameter is longer than*",
        Rule("a limit of this provider", "Shorten it: keep what state stands for in the application's own session."),
    ),
    ("The parameter registration*", Rule(f"{_CORE} section 7.2.1", "Leave it out.")),
    (
        "response_type must be code under the profile*",
        Rule("FAPI 2.0 Security Profile section 5.3", "Send response_type=code.", ("security_profile",)),
    ),
    (
        "response_type*must be*",
        Rule(
            f"RFC 6749 section 3.1.1; {_CORE} section 3",
            "Send response_type=code. Tokens from the authorization endpoint need IDP_IMPLICIT_AND_HYBRID, and the "
            "client to be registered for them.",
            _TYPES,
        ),
    ),
    (
        "The client is not registered for response_type*",
        Rule("RFC 6749 section 4.1.2.1", f"Send one that is; or: {UPDATE} --response-type TYPE", _TYPES),
    ),
    (
        "The client is not registered for grant_type*",
        Rule("RFC 7591 section 2", f"Register the grant beside the others: {UPDATE} --grant-type GRANT", _TYPES),
    ),
    (
        "response_mode must be one of*",
        Rule("OAuth 2.0 Multiple Response Type Encoding Practices section 2.1", "Leave it out, or send one of these."),
    ),
    (
        "response_mode * needs an http*",
        Rule(
            "OAuth 2.0 Form Post Response Mode section 2",
            "Leave response_mode out: a form cannot be sent there.",
            _ADDRESS,
        ),
    ),
    (
        "response_mode * is for code alone*",
        Rule("OAuth 2.0 Multiple Response Type Encoding Practices section 5", "Use fragment or form_post."),
    ),
    ("scope must contain openid*", Rule(f"{_CORE} section 3.1.2.1", "Add openid to scope.", ("scope",))),
    (
        "nonce is missing*",
        Rule(f"{_CORE} section 3.2.2.1", "Send a fresh random nonce and compare it in the ID token."),
    ),
    (
        "code_challenge is missing*",
        Rule(
            "RFC 7636 section 4.4.1; RFC 9700 section 2.1.1",
            "Switch PKCE with S256 on in the library. For a confidential client that cannot: "
            f"{UPDATE} --no-require-pkce",
            _PKCE,
        ),
    ),
    ("code_challenge_method is sent*", Rule("RFC 7636 section 4.3", "Send the code_challenge as well.", _PKCE)),
    (
        "code_challenge_method must be S256.",
        Rule(
            "RFC 7636 sections 4.2 and 4.3; RFC 9700 section 2.1.1",
            "Send code_challenge_method=S256; without it a challenge counts as plain, which protects nothing.",
            _PKCE,
        ),
    ),
    (
        "code_challenge must be 43*",
        Rule("RFC 7636 section 4.2", "Send the SHA-256 of the verifier in base64url without padding: 43 characters."),
    ),
    ("prompt*", Rule(f"{_CORE} section 3.1.2.1", "Send the words of the specification, and none by itself.")),
    ("max_age must be*", Rule(f"{_CORE} section 3.1.2.1", "Send seconds in digits, or leave it out.")),
    (
        "This client gets tokens bound to its key only, from*",
        Rule("RFC 9449 section 5.2", "Ask for response_type=code.", ("dpop_bound_access_tokens", "security_profile")),
    ),
    (
        "dpop_jkt must be*",
        Rule("RFC 9449 section 10", "Send the SHA-256 thumbprint of the key: 43 characters (RFC 7638)."),
    ),
    (
        "None of the essential acr values*",
        Rule(f"{_CORE} section 5.5.1.1", "Ask for one that acr_values_supported in the discovery document names."),
    ),
    (
        "claims must be a JSON object*",
        Rule(f"{_CORE} section 5.5", "Send JSON with the members userinfo and id_token."),
    ),
    (
        "id_token_hint is not an ID token*",
        Rule(f"{_CORE} section 3.1.2.1", "Send an ID token of this issuer; one that has expired will do."),
    ),
    ("The request was refused by a further check.", Rule("RFC 6749 section 4.1.2.1", "The log has the check.")),
    (
        "*resource may contain only*",
        Rule(
            "RFC 8707 section 2",
            f"Ask for what is registered and granted; or: {UPDATE} --resource ADDRESS",
            ("resources",),
        ),
    ),
)
"""The first whose pattern fits the sentence counts."""
