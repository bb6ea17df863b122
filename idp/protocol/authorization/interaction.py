"""What the person must still do. The one place where this is decided; pure, so that it can be read as a table."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.protocol.authorization.authentication_context import reached_by
from idp.protocol.authorization.authorization_request import AskedAuthorization
from idp.store.sessions import Visit


@dataclass(frozen=True, slots=True)
class Login:
    """The person has to sign in. `reason` names why: no_session, asked_for, too_old, too_weak, other_person."""

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
    """Nothing is missing: these scopes can be granted."""

    visit: Visit
    scopes: tuple[str, ...]


Step = Login | SignUp | SelectAccount | Consent | Refuse | Issue


def next_step(
    asked: AskedAuthorization,
    visit: Visit | None,
    *,
    subject: str | None,
    asked_at: datetime,
    selected_at: datetime | None,
    now: datetime,
) -> Step:
    """Decide the next step of an authorization request (OpenID Connect Core 1.0 section 3.1.2.3).

    Args:
        subject: Under which the client knows the person who is here.
        asked_at: When the request arrived. A sign-in or consent after it was made for it, and satisfies every demand
            for a fresh one: there is no other memory of what has been done, so nothing can loop.
        selected_at: When the person chose an account for this request.
    """
    if "none" in asked.prompt and visit is not None and _is_told_nothing(asked, visit):
        # Whether a hint fits the person who is here would be something, too.
        return Refuse("consent_required", "The person has not allowed this yet, and prompt is none.")
    step = _step(asked, visit, subject=subject, asked_at=asked_at, selected_at=selected_at, now=now)
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
    subject: str | None,
    asked_at: datetime,
    selected_at: datetime | None,
    now: datetime,
) -> Step:
    signed_in_for_this = visit is not None and visit.session.auth_time >= asked_at
    if "create" in asked.prompt and not signed_in_for_this:
        return SignUp()
    if visit is None:
        return Login("no_session")
    who = (
        _as_this_person(asked, visit, subject)
        if signed_in_for_this
        else _as_known_person(asked, visit, subject, now=now)
    )
    if who is not None:
        return who
    if selected_at is None and not signed_in_for_this and _account_is_open(asked, visit):
        asked_to_choose = "select_account" in asked.prompt or "none" not in asked.prompt
        return SelectAccount() if asked_to_choose else Login("other_person")
    missing = _missing_consent(asked, visit, asked_at=asked_at)
    if missing is not None:
        return Consent(missing)
    # What a person has declined is declined, also where the client would not have had to ask.
    declined = visit.declined_scopes or ()
    return Issue(visit, tuple(scope for scope in asked.scopes if scope not in declined))


def _is_told_nothing(asked: AskedAuthorization, visit: Visit) -> bool:
    """The person has never allowed the client anything, nor has the operator in their place."""
    return visit.consented_scopes is None and not asked.client.first_party


def _as_this_person(asked: AskedAuthorization, visit: Visit, subject: str | None) -> Step | None:
    """Somebody has just signed in for this request: nobody else than they who were demanded will do."""
    if not _is_demanded(asked, subject):
        return Refuse("login_required", "Another person signed in than the one this request is about.")
    if not _is_authenticated_enough(asked, visit):
        return Refuse(
            "unmet_authentication_requirements", "The person did not sign in as the essential acr values demand."
        )
    return None


def _as_known_person(asked: AskedAuthorization, visit: Visit, subject: str | None, *, now: datetime) -> Step | None:
    """Somebody signed in earlier: a fresh or a stronger sign-in may be asked for, or somebody else."""
    if "login" in asked.prompt:
        return Login("asked_for")
    if asked.max_age is not None and now - visit.session.auth_time > timedelta(seconds=asked.max_age):
        return Login("too_old")
    if not _is_demanded(asked, subject):
        return Login("other_person")
    if not _is_authenticated_enough(asked, visit):
        return Login("too_weak")
    return None


def _is_demanded(asked: AskedAuthorization, subject: str | None) -> bool:
    """The hint and the `claims` parameter name nobody, or the person who is here."""
    if asked.hint is not None and asked.hint.subject != subject:
        return False
    return all(subject in accepted for accepted in asked.claims.subjects)


def _is_authenticated_enough(asked: AskedAuthorization, visit: Visit) -> bool:
    """An essential `acr` is reached. Values that are not essential are wishes (section 5.5.1.1)."""
    essential = asked.claims.essential_acr
    return not essential or not set(essential).isdisjoint(reached_by(visit.session.amr))


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
        return asked.disclosed
    if asked.client.first_party:
        return None
    if visit.consented_scopes is None:
        return asked.disclosed
    missing = set(asked.disclosed) - set(visit.consented_scopes) - set(visit.declined_scopes or ())
    return asked.disclosed if missing else None
