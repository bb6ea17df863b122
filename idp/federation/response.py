"""Reading an authorization response: what may be made of it before anything is asked."""

from collections.abc import Container, Mapping

from idp.federation.problems import UpstreamProblem, untrusted

_LONGEST_CODE = 4096
_FOR_OPERATORS = frozenset(
    {
        *("unauthorized_client", "invalid_client", "invalid_scope", "unsupported_response_type"),
        # These two are GitHub's.
        *("redirect_uri_mismatch", "application_suspended"),
    }
)


def code_of(callback: Mapping[str, str], issuers: Container[str] | None = None, *, iss_required: bool = False) -> str:
    """The code of an authorization response (RFC 6749 section 4.1.2).

    Args:
        issuers: Whom an `iss` may name (RFC 9207): another one is a response of another provider, brought here to make
            us send its code, or ours, to the wrong one.

    Raises:
        UpstreamProblem: The response is an error, of somebody else, or has no code.
    """
    named = callback.get("iss")
    if issuers is not None and (named not in issuers if named is not None else iss_required):
        raise untrusted("the response comes from another provider than the one that was asked")
    error = callback.get("error")
    if error is not None:
        raise _of_error(error, callback.get("error_reason"))
    code = callback.get("code")
    if not code or len(code) > _LONGEST_CODE or not code.isascii() or not code.isprintable():
        raise untrusted("the response has no code")
    return code


def _of_error(error: str, reason: str | None) -> UpstreamProblem:
    if error == "access_denied" or reason == "user_denied":
        return UpstreamProblem("cancelled", "the person did not allow it at the provider")
    if error in {"temporarily_unavailable", "server_error"}:
        return UpstreamProblem("unavailable", "the provider says that it cannot do that now")
    if error in {"login_required", "interaction_required", "user_cancelled_login", "user_cancelled_authorize"}:
        return UpstreamProblem("cancelled", "the person did not sign in at the provider")
    if error in _FOR_OPERATORS:
        return UpstreamProblem("misconfigured", "the provider does not accept this client's request")
    return UpstreamProblem("refused", "the provider answered with an error")
