"""What a person still has to do, as a table: each row changes a request that nobody has to be asked for."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.protocol.authorization.authorization_request import AskedAuthorization
from idp.protocol.authorization.interaction import Consent, Issue, Login, Refuse, SelectAccount, SignUp, Step, next_step
from idp.protocol.authorization.return_address import ReturnAddress
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.tokens.claims import ClaimsRequest
from idp.protocol.tokens.id_token import IdTokenHint
from idp.store.clients import StoredClient
from idp.store.sessions import BrowserSession, Visit

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASKED_AT = NOW - timedelta(minutes=1)
BEFORE, AFTER = ASKED_AT - timedelta(hours=1), ASKED_AT + timedelta(seconds=30)
SCOPES = ("openid", "email", "offline_access")


def client(**registered: Any) -> RegisteredClient:
    return RegisteredClient.of(StoredClient("rp", registered, NOW, NOW, None))


def hint_about(subject: str) -> IdTokenHint:
    return IdTokenHint(subject, "a-session", "rp")


@dataclass(frozen=True)
class Case:
    """A request, who is here, and what has been done for it. As made: everything was allowed an hour ago."""

    first_party: bool = False
    prompt: str = ""
    max_age: int | None = None
    login_hint: str | None = None
    hint: IdTokenHint | None = None
    subject: str | None = None
    essential_acr: tuple[str, ...] = ()
    named_claims: tuple[str, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    signed_in: bool = True
    auth_time: datetime = BEFORE
    consented: tuple[str, ...] | None = SCOPES
    declined: tuple[str, ...] | None = ()
    consented_at: datetime | None = BEFORE
    selected_at: datetime | None = None

    def step(self) -> Step:
        to = ReturnAddress(client(first_party=self.first_party), "https://rp.example/cb", "query", None)
        asked = AskedAuthorization(
            to=to,
            parameters={},
            response_type=frozenset({"code"}),
            scopes=self.scopes,
            prompt=frozenset(self.prompt.split()),
            max_age=self.max_age,
            login_hint=self.login_hint,
            hint=self.hint,
            claims=ClaimsRequest(
                userinfo=self.named_claims,
                subjects=((self.subject,),) if self.subject else (),
                essential_acr=self.essential_acr,
            ),
            acr_values=(),
            nonce=None,
            code_challenge=None,
            resources=None,
            dpop_jkt=None,
            ui_locales=None,
        )
        session = BrowserSession(
            "s", "alice", self.auth_time, ("pwd",), self.auth_time, self.auth_time, NOW + timedelta(days=1), {}
        )
        visit = Visit(session, "alice@example.com", {}, self.consented, self.declined, self.consented_at)
        return next_step(
            asked,
            visit if self.signed_in else None,
            subject="alice" if self.signed_in else None,
            asked_at=ASKED_AT,
            selected_at=self.selected_at,
            now=NOW,
        )


@dataclass(frozen=True)
class Granted:
    """Issue, with these scopes."""

    scopes: tuple[str, ...] = SCOPES


@dataclass(frozen=True)
class Refused:
    """Refuse, with this error."""

    error: str


def simplified(step: Step) -> object:
    match step:
        case Issue(_, scopes):
            return Granted(scopes)
        case Refuse(error, _):
            return Refused(error)
        case _:
            return step


NOBODY = Case(signed_in=False)
STRANGER = Case(consented=None, declined=None, consented_at=None)

TABLE: list[tuple[str, Case, object]] = [
    ("nothing is missing", Case(), Granted()),
    ("nobody is here", NOBODY, Login("no_session")),
    # prompt=login and max_age
    ("login is asked for", Case(prompt="login"), Login("asked_for")),
    ("login was asked for and happened", Case(prompt="login", auth_time=AFTER), Granted()),
    ("login happened at the very moment of the request", Case(prompt="login", auth_time=ASKED_AT), Granted()),
    (
        "login happened a moment before",
        Case(prompt="login", auth_time=ASKED_AT - timedelta(microseconds=1)),
        Login("asked_for"),
    ),
    ("the sign-in is too old", Case(max_age=3600), Login("too_old")),
    ("the sign-in is young enough", Case(max_age=3661), Granted()),
    ("exactly as old as allowed", Case(max_age=3660), Granted()),
    ("max_age=0 asks", Case(max_age=0), Login("too_old")),
    ("max_age=0 is content with a sign-in for it", Case(max_age=0, auth_time=AFTER), Granted()),
    ("login and nobody is here", replace(NOBODY, prompt="login"), Login("no_session")),
    # consent
    ("consent is missing", STRANGER, Consent(SCOPES)),
    ("one scope is new", Case(consented=("openid", "email")), Consent(SCOPES)),
    ("more was allowed than is asked for", Case(scopes=("openid",)), Granted(("openid",))),
    ("consent is asked for", Case(prompt="consent"), Consent(SCOPES)),
    ("consent was asked for and given", Case(prompt="consent", consented_at=AFTER), Granted()),
    ("consent was given at the very moment", Case(prompt="consent", consented_at=ASKED_AT), Granted()),
    (
        "a declined scope is not asked for again",
        Case(consented=("openid", "email"), declined=("offline_access",)),
        Granted(("openid", "email")),
    ),
    ("a first party needs none", replace(STRANGER, first_party=True), Granted()),
    ("a first party may ask for the question", replace(STRANGER, first_party=True, prompt="consent"), Consent(SCOPES)),
    (
        "what was declined at a first party is declined",
        Case(
            first_party=True,
            prompt="consent",
            consented=("openid", "email"),
            declined=("offline_access",),
            consented_at=AFTER,
        ),
        Granted(("openid", "email")),
    ),
    ("no scope at all still needs a yes", replace(STRANGER, scopes=()), Consent(())),
    ("no scope at all was allowed", Case(scopes=(), consented=()), Granted(())),
    # who
    ("the hint is about the person here", Case(hint=hint_about("alice")), Granted()),
    ("the hint is about somebody else", Case(hint=hint_about("bob")), Login("other_person")),
    ("somebody else signed in for the hint", Case(hint=hint_about("bob"), auth_time=AFTER), Refused("login_required")),
    ("the subject is the person here", Case(subject="alice"), Granted()),
    ("the subject is somebody else", Case(subject="bob"), Login("other_person")),
    ("somebody else signed in for the subject", Case(subject="bob", auth_time=AFTER), Refused("login_required")),
    ("hint and subject contradict each other", Case(hint=hint_about("alice"), subject="bob"), Login("other_person")),
    (
        "they contradict and one signed in",
        Case(hint=hint_about("alice"), subject="bob", auth_time=AFTER),
        Refused("login_required"),
    ),
    ("the login hint is the person here", Case(login_hint="ALICE@example.com"), Granted()),
    ("the login hint is somebody else", Case(login_hint="bob@example.com"), SelectAccount()),
    ("the login hint is no address", Case(login_hint="+48 123"), Granted()),
    (
        "the login hint yields to the token hint",
        Case(login_hint="bob@example.com", hint=hint_about("alice")),
        Granted(),
    ),
    ("the choice is asked for", Case(prompt="select_account"), SelectAccount()),
    ("the choice was made", Case(prompt="select_account", selected_at=AFTER), Granted()),
    ("signing in was a choice too", Case(prompt="select_account", auth_time=AFTER), Granted()),
    ("a choice despite the login hint", Case(login_hint="bob@example.com", selected_at=AFTER), Granted()),
    # how
    ("the essential context is reached", Case(essential_acr=("2", "1")), Granted()),
    ("the essential context is not reached", Case(essential_acr=("2",)), Login("too_weak")),
    (
        "not even by signing in for it",
        Case(essential_acr=("2",), auth_time=AFTER),
        Refused("unmet_authentication_requirements"),
    ),
    ("none, and too weak", Case(prompt="none", essential_acr=("2",)), Refused("login_required")),
    # claims by name
    ("a claim by name needs its scope allowed", Case(named_claims=("name",)), Consent((*SCOPES, "profile"))),
    (
        "a claim by name was allowed, and grants no scope",
        Case(named_claims=("name",), consented=(*SCOPES, "profile")),
        Granted(),
    ),
    # order
    ("login comes before the choice", Case(prompt="login select_account"), Login("asked_for")),
    ("the choice comes before consent", replace(STRANGER, prompt="select_account consent"), SelectAccount()),
    ("login comes before consent", replace(STRANGER, prompt="login consent"), Login("asked_for")),
    ("after login comes consent", replace(STRANGER, prompt="login consent", auth_time=AFTER), Consent(SCOPES)),
    # create
    ("an account is to be made", Case(prompt="create"), SignUp()),
    ("an account is to be made by nobody", replace(NOBODY, prompt="create"), SignUp()),
    ("it was made", Case(prompt="create", auth_time=AFTER), Granted()),
    # none
    ("none, and nothing is missing", Case(prompt="none"), Granted()),
    ("none, and nobody is here", replace(NOBODY, prompt="none"), Refused("login_required")),
    ("none, and too old", Case(prompt="none", max_age=60), Refused("login_required")),
    ("none, and no consent", replace(STRANGER, prompt="none"), Refused("consent_required")),
    ("none, and a new scope", Case(prompt="none", consented=("openid",)), Refused("consent_required")),
    ("none, and somebody else is meant", Case(prompt="none", hint=hint_about("bob")), Refused("login_required")),
    (
        "none, and another address is hinted at",
        Case(prompt="none", login_hint="bob@example.com"),
        Refused("login_required"),
    ),
    ("none, and a first party", replace(STRANGER, prompt="none", first_party=True), Granted()),
]


@pytest.mark.parametrize(("case", "step"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_next_step_is(case: Case, step: object) -> None:
    assert simplified(case.step()) == step


@pytest.mark.parametrize("prompt", ["", "login", "consent", "select_account", "create", "login consent select_account"])
@pytest.mark.parametrize("max_age", [None, 0, 60])
@pytest.mark.parametrize("first_party", [True, False])
def test_whoever_does_what_is_asked_arrives(prompt: str, max_age: int | None, first_party: bool) -> None:
    case, seen = replace(STRANGER, prompt=prompt, max_age=max_age, first_party=first_party, signed_in=False), []
    while not isinstance(step := case.step(), Issue):
        assert type(step) not in seen, "the same step twice"
        assert not isinstance(step, Refuse)
        seen.append(type(step))
        match step:
            case Login() | SignUp():
                case = replace(case, signed_in=True, auth_time=AFTER)
            case SelectAccount():
                case = replace(case, selected_at=AFTER)
            case Consent(scopes):
                case = replace(case, consented=scopes, declined=(), consented_at=AFTER)

    assert step.scopes == SCOPES


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("max_age", [None, 0])
@pytest.mark.parametrize("consented", [None, SCOPES])
@pytest.mark.parametrize("login_hint", [None, "bob@example.com"])
@pytest.mark.parametrize("subject", [None, "alice", "bob"])
def test_prompt_none_never_asks(
    signed_in: bool,
    max_age: int | None,
    consented: tuple[str, ...] | None,
    login_hint: str | None,
    subject: str | None,
) -> None:
    case = Case(
        prompt="none", signed_in=signed_in, max_age=max_age, consented=consented, login_hint=login_hint, subject=subject
    )

    assert isinstance(case.step(), Issue | Refuse)
