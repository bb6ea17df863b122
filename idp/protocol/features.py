"""What an installation has switched on. The roof says it; requests are judged and metadata is written by it."""

from dataclasses import dataclass

_CODE = ("code",)
_IMPLICIT_AND_HYBRID = ("id_token", "id_token token", "code id_token", "code token", "code id_token token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The optional parts of the protocol. Each is off unless it is switched on.

    Attributes:
        implicit_and_hybrid: Tokens may come from the authorization endpoint (OpenID Connect Core 1.0 sections 3.2
            and 3.3) to clients that are registered for it.
        dpop_algorithms: What DPoP proofs may be signed with (RFC 9449).
        require_pushed_authorization_requests: Of every client, whatever its registration says (RFC 9126 section 5).
        session_management: Authorization responses carry `session_state`, and there is a `check_session_iframe`
            (OpenID Connect Session Management 1.0).
        registration: Clients can register themselves (RFC 7591).
    """

    implicit_and_hybrid: bool = False
    dpop_algorithms: tuple[str, ...] = ()
    require_pushed_authorization_requests: bool = False
    session_management: bool = False
    registration: bool = False

    @property
    def response_types(self) -> tuple[str, ...]:
        """The response types that clients may use, their words in alphabetical order."""
        return (*_CODE, *_IMPLICIT_AND_HYBRID) if self.implicit_and_hybrid else _CODE
