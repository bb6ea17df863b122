"""The userinfo endpoint (OpenID Connect Core 1.0 section 5.3)."""

from datetime import datetime
from typing import Any

from idp.protocol import bearer
from idp.protocol.claims import claims_of
from idp.protocol.messages import Parameters, Reply
from idp.store.database import Database


def userinfo(database: Database, *, authorization: str | None, form: Parameters, now: datetime) -> Reply:
    """Answer with the claims that the token stands for. One read; `sub` is always there, and always the ID token's."""
    try:
        token = bearer.access_token(
            database, authorization=authorization, in_form=form.get("access_token"), scope="openid", now=now
        )
    except bearer.BearerRefused as refused:
        return refused.reply
    assert token.grant is not None
    assert token.person is not None
    asked = (token.grant.claims or {}).get("userinfo", ())
    claims: dict[str, Any] = claims_of(token.person, scopes=token.scopes, names=asked)
    return Reply(200, {"sub": token.grant.account_id, **claims})
