"""The provider: the protocol's parts put together, and the few verbs that endpoints use."""

from functools import partial

from idp.clock import Clock
from idp.protocol import authorization_code, authorization_request, end_session, id_token
from idp.protocol.authorization_code import CodeGrant, OpenIDCodeToken, S256CodeChallenge
from idp.protocol.authorization_request import AskedAuthorization, ReturnAddress
from idp.protocol.authorization_response import AuthorizationResponse, code_response, error_response
from idp.protocol.client import ClientRegistry
from idp.protocol.client_authentication import CountFailure
from idp.protocol.client_credentials import OwnAccessGrant
from idp.protocol.end_session import AskedLogout
from idp.protocol.lifetimes import Lifetimes
from idp.protocol.messages import AuthlibRequest, Parameters
from idp.protocol.refresh_token import RotatingRefreshGrant
from idp.protocol.refusals import OAuth2Error, RefusedToClient
from idp.protocol.server import Audit, AuthorizationServer
from idp.store.database import Connection, Database
from idp.store.sessions import BrowserSession
from keys.ring import KeyRing


class Provider:
    """One OpenID Provider with one issuer. Thread-safe; holds nothing of any request."""

    def __init__(
        self,
        issuer: str,
        *,
        database: Database,
        ring: KeyRing,
        lifetimes: Lifetimes,
        count_failure: CountFailure,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self.issuer = issuer
        self.registry = ClientRegistry(database)
        self.ring = ring
        self.clock = clock
        self.server = AuthorizationServer(
            issuer,
            database=database,
            registry=self.registry,
            ring=ring,
            lifetimes=lifetimes,
            count_failure=count_failure,
            audit=audit,
            clock=clock,
        )
        self.server.register_grant(CodeGrant, [S256CodeChallenge(required=False), OpenIDCodeToken()])
        self.server.register_grant(RotatingRefreshGrant)
        self.server.register_grant(OwnAccessGrant)
        self._read_hint = partial(id_token.read_hint, issuer=issuer, ring=ring)

    def return_address(self, parameters: Parameters) -> ReturnAddress:
        """Prove client and redirect URI.

        Raises:
            RefusedToPerson: They do not belong together.
        """
        return authorization_request.return_address(parameters, self.registry)

    def accept(self, parameters: Parameters, to: ReturnAddress) -> AskedAuthorization:
        """Check everything else about an authorization request; Authlib looks last, as the second pair of eyes.

        Raises:
            RefusedToClient: With the reason.
        """
        asked = authorization_request.accept(parameters, to, self._read_hint)
        try:
            request = AuthlibRequest("GET", "https://authorize.invalid/", parameters)
            self.server.get_authorization_grant(request).validate_authorization_request()
        except OAuth2Error as error:
            raise RefusedToClient(error.error, "The request was refused by a further check.") from error
        return asked

    def issue(
        self, db: Connection, asked: AskedAuthorization, scopes: tuple[str, ...], session: BrowserSession
    ) -> AuthorizationResponse:
        """Grant these scopes of what was asked for, and answer with the code."""
        code = authorization_code.issue(db, asked, scopes, session, server=self.server, now=self.clock())
        return code_response(asked.to, code, issuer=self.issuer)

    def refuse(self, to: ReturnAddress, refusal: RefusedToClient) -> AuthorizationResponse:
        """Answer the client with an error."""
        return error_response(to, refusal, issuer=self.issuer)

    def accept_logout(self, parameters: Parameters, *, session_id: str | None) -> AskedLogout:
        """Judge a request of the end session endpoint."""
        return end_session.accept(parameters, self.registry, self._read_hint, session_id=session_id)
