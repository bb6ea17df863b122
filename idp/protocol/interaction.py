"""What the person must still do. The one place where this is decided; pure, so that it can be read as a table."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.protocol.authorization_request import AskedAuthorization
from idp.store.sessions import Visit


@dataclass(frozen=True, slots=True)
class Login:
    """The person has to sign in. `reason` names why, for the page: no_session, asked_for, too_old, other_person."""

    reason: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """The person is asked to create an account (Initiating User Registration via OpenID Connect 1.0)."""


@dataclass(frozen=True, slots=True)
class SelectAccount:
    """The person has to say as whom to go on."""


@dataclass(frozen=True, slots=True)
class Consent:
    """The person has to allow these scopes."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The client gets an error: nobody may be asked, or the answer cannot become what was demanded."""

    error: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Issue:
    """Nothing is missing."""

    visit: Visit


Step = Login | SignUp | SelectAccount | Consent | Refuse | Issue


def next_step(
    asked: AskedAuthorization,
    visit: Visit | None,
    *,
    asked_at: datetime,
    selected_at: datetime | None,
    now: datetime,
) -> Step:
    """Decide the next step of an authorization request (OpenID Connect Core 1.0 section 3.1.2.3).

    Args:
        asked_at: When the request arrived. A sign-in or consent after it was made for it, and satisfies every demand
            for a fresh one: there is no other memory of what has been done, so nothing can loop.
        selected_at: When the person chose an account for this request.
    """
    step = _step(asked, visit, asked_at=asked_at, selected_at=selected_at, now=now)
    if "none" not in asked.prompt:
        return step
    match step:
        case Login() | SignUp():
            return Refuse("login_required", "The person is not signed in as this request demands, and prompt is none.")
        case SelectAccount():
            return Refuse("account_selection_required", "The person has to choose an account, and prompt is none.")
        case Consent():
            return Refuse("consent_required", "The person has not allowed this yet, and prompt is none.")
        case _:
            return step


def _step(
    asked: AskedAuthorization,
    visit: Visit | None,
    *,
    asked_at: datetime,
    selected_at: datetime | None,
    now: datetime,
) -> Step:
    signed_in_for_this = visit is not None and visit.session.auth_time >= asked_at
    if "create" in asked.prompt and not signed_in_for_this:
        return SignUp()
    if visit is None:
        return Login("no_session")
    if not signed_in_for_this:
        if "login" in asked.prompt:
            return Login("asked_for")
        if asked.max_age is not None and now - visit.session.auth_time > timedelta(seconds=asked.max_age):
            return Login("too_old")
    for demanded in (asked.hint.subject if asked.hint else None, asked.claims.subject):
        if demanded is not None and demanded != visit.session.account_id:
            if signed_in_for_this:
                return Refuse("login_required", "Another person signed in than the one this request is about.")
            return Login("other_person")
    if selected_at is None and not signed_in_for_this and _account_is_open(asked, visit):
        return SelectAccount() if "select_account" in asked.prompt or "none" not in asked.prompt else Login("other_person")
    missing = _missing_consent(asked, visit, asked_at=asked_at)
    return Consent(missing) if missing is not None else Issue(visit)


def _account_is_open(asked: AskedAuthorization, visit: Visit) -> bool:
    """The client asks for a choice, or hints at an address that is not the one signed in."""
    if "select_account" in asked.prompt:
        return True
    hint = asked.login_hint
    return hint is not None and "@" in hint and hint.casefold() != visit.email.casefold() and asked.hint is None


def _missing_consent(asked: AskedAuthorization, visit: Visit, *, asked_at: datetime) -> tuple[str, ...] | None:
    """The scopes to ask about; None when there is nothing to ask.

    The implicit consent of a first-party client ends where the client itself asks for the question.
    """
    given_for_this = visit.consented_at is not None and visit.consented_at >= asked_at
    if "consent" in asked.prompt and not given_for_this:
        return asked.scopes
    if asked.client.first_party:
        return None
    if visit.consented_scopes is None:
        return asked.scopes
    missing = set(asked.scopes) - set(visit.consented_scopes)
    return asked.scopes if missing else None
