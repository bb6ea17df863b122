"""npm's oidc-provider, which is certified and shares no line with this one, as the other provider."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from pydantic import SecretStr

from idp.federation.connector import Connector, Opening
from idp.federation.problems import UpstreamProblem
from idp.provision import connectors_of
from idp.settings.connectors import ConnectorSettings
from tests.conftest import DATABASES, fresh_database
from tests.federation.world import query_of, reason_of
from tests.flows.people import FormBrowser, code_in_mail, fields_of, forms_of, path_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.released import node_with
from tests.running import Running, running_provider

_SCRIPT = Path(__file__).parent / "oidc-provider" / "provider.mjs"
CLIENT_ID, SECRET = "ours", "a secret with + and % and /"
_PATIENCE = 30.0


@dataclass
class Theirs:
    """The other provider, a process of its own that can be started anew."""

    node: str
    port: int
    client: dict[str, object] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [self.node, str(_SCRIPT), str(self.port), json.dumps(self.client)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self.process.poll() is None, "it has ended"
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(_PATIENCE)

    def key_ids(self) -> set[str]:
        return {key["kid"] for key in requests.get(f"{self.issuer}/jwks", timeout=20).json()["keys"]}

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.issuer}/jwks", timeout=20).ok
        except requests.ConnectionError:
            return False


@dataclass
class Two:
    """The provider of ours, and the other one."""

    ours: Running
    theirs: Theirs

    def connector(self) -> Connector:
        """The same connector as ours has, to be used without the provider around it."""
        found = connectors_of(self.ours.settings).get("peer")
        assert found is not None
        return found

    def opening(self) -> Opening:
        redirect_uri = f"{self.ours.issuer}/social/peer/callback"
        return Opening("a state", "a nonce", "v" * 43, redirect_uri, self.ours.clock())


@dataclass
class Journey:
    """A browser on its way. Ports do not keep cookies apart, so each provider gets a jar of its own."""

    two: Two
    here: FormBrowser = field(init=False)
    there: requests.Session = field(default_factory=requests.Session)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.here = FormBrowser(self.two.ours)

    def leave(self, connector: str = "peer", page: requests.Response | None = None) -> str:
        """Press the button; gives the address that it leads to."""
        return self.here.send(page or self.here.get("/login"), f"/social/{connector}").headers["Location"]

    def answer(self, where: str, login: str, *, cancel: bool = False) -> str:
        """Fill in what is asked over there; gives the address of the callback."""
        while not where.startswith(self.two.ours.issuer):
            page = self.there.get(where, allow_redirects=False, timeout=20)
            if page.is_redirect:
                where = urljoin(where, page.headers["Location"])
                continue
            assert page.ok, page.text
            if cancel:
                abort = re.search(r'href="([^"]*/abort)"', page.text)
                assert abort, page.text
                where = urljoin(where, abort[1])
                continue
            ((action, fields),) = forms_of(page).items()
            self.asked.append(fields["prompt"])
            typed = {"login": login, "password": "anything"} if "login" in fields else {}
            done = self.there.post(urljoin(where, action), data={**fields, **typed}, allow_redirects=False, timeout=20)
            where = urljoin(where, done.headers["Location"])
        return where

    def sign_in(self, login: str, page: requests.Response | None = None) -> requests.Response:
        """There and back; gives the answer of the callback."""
        return self.here.get(self.answer(self.leave(page=page), login))

    def arrive(self, login: str) -> None:
        """Sign in for the first time, and prove the address by mail."""
        page = self.here.get(self.sign_in(login).headers["Location"])
        # From their userinfo endpoint: their ID tokens leave the address out.
        assert f"{login}@people.example" in page.text
        code_page = self.here.get(self.here.send(page, "/welcome").headers["Location"])
        code = code_in_mail(self.two.ours, f"{login}@people.example")
        assert self.here.send(code_page, "/welcome/code", code=code).status_code == 303

    def is_signed_in(self) -> bool:
        return self.here.get("/account").status_code == 200


@pytest.fixture(scope="module", params=DATABASES)
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    theirs = Theirs(node_with("oidc-provider"), _free_port())
    connectors = tuple(
        ConnectorSettings(name=name, kind="oidc", client_id=CLIENT_ID, client_secret=secret, issuer=theirs.issuer)
        for name, secret in (("peer", SecretStr(SECRET)), ("mistaken", SecretStr("another")))
    )
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(f"peer-{request.param}")):
        with running_provider(url, connectors=connectors) as ours:
            theirs.client = {
                "client_id": CLIENT_ID,
                "client_secret": SECRET,
                "redirect_uris": [f"{ours.issuer}/social/{one.name}/callback" for one in connectors],
                "token_endpoint_auth_method": "client_secret_basic",
                "backchannel_logout_uri": f"{ours.issuer}/social/peer/logout",
                "backchannel_logout_session_required": True,
            }
            try:
                theirs.start()
                yield Two(ours, theirs)
            finally:
                theirs.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_somebody_of_theirs_gets_an_account_and_comes_back(two: Two) -> None:
    journey = Journey(two)

    journey.arrive("ada")

    assert "ada@people.example" in journey.here.get("/account").text
    assert Journey(two).sign_in("ada").headers["Location"] == "/account"


def test_who_cancels_there_is_back_with_every_other_way(two: Two) -> None:
    journey = Journey(two)

    back = journey.here.get(journey.answer(journey.leave(), "bob", cancel=True))

    assert reason_of(back) == "upstream_cancelled"
    assert "username" in fields_of(journey.here.get(back.headers["Location"]), "/login")


def test_a_wrong_secret_leads_to_a_page_with_every_other_way(two: Two) -> None:
    journey = Journey(two)

    back = journey.here.get(journey.answer(journey.leave("mistaken"), "bob"))

    assert reason_of(back) == "upstream_misconfigured"
    page = journey.here.get(back.headers["Location"])
    assert "not set up correctly" in page.text
    assert "username" in fields_of(page, "/login")
    assert "/social/peer" in forms_of(page)


def test_the_check_of_a_connector_tells_the_right_secret_from_the_wrong(two: Two) -> None:
    right, mistaken = connectors_of(two.ours.settings)

    assert right.examine() == []
    assert mistaken.examine() == ["the provider does not accept client_id and client_secret"]


def test_a_code_needs_the_verifier_that_belongs_to_it(two: Two) -> None:
    # This provider refuses requests without a challenge, too.
    connector, opening = two.connector(), two.opening()
    answers = [query_of(Journey(two).answer(connector.authorization_url(opening), "carl")) for _ in range(2)]

    with pytest.raises(UpstreamProblem) as raised:
        connector.identity(answers[0], replace(opening, code_verifier="w" * 43), now=two.ours.clock())

    assert raised.value.because == "refused"
    assert connector.identity(answers[1], opening, now=two.ours.clock()).subject == "carl"


def test_a_code_of_a_request_with_another_nonce_identifies_nobody(two: Two) -> None:
    connector, opening = two.connector(), two.opening()
    answer = query_of(Journey(two).answer(connector.authorization_url(opening), "carl"))

    with pytest.raises(UpstreamProblem, match="nonce"):
        connector.identity(answer, replace(opening, nonce="another"), now=two.ours.clock())


def test_an_answer_has_to_name_the_provider_that_gave_it(two: Two) -> None:
    # It says in its metadata that it does (RFC 9207).
    connector, opening = two.connector(), two.opening()
    answer = query_of(Journey(two).answer(connector.authorization_url(opening), "carl"))

    for told in ({**answer, "iss": two.ours.issuer}, {name: answer[name] for name in answer if name != "iss"}):
        with pytest.raises(UpstreamProblem, match="another provider"):
            connector.identity(told, opening, now=two.ours.clock())
    assert connector.identity(answer, opening, now=two.ours.clock()).subject == "carl"


def test_who_has_an_account_links_it_and_comes_in_by_it(two: Two) -> None:
    person, journey = somebody(two.ours), Journey(two)
    assert journey.here.log_in(person).status_code == 303
    leaving = journey.here.send(journey.here.get("/account/sign-in-methods"), "/social/peer/link")

    linked = journey.here.get(journey.answer(leaving.headers["Location"], "dora"))

    assert query_of(linked.headers["Location"]) == {"done": "linked"}
    later = Journey(two)
    assert later.sign_in("dora").headers["Location"] == "/account"
    assert person.email in later.here.get("/account").text


@pytest.mark.parametrize("freshly", [{"prompt": "login"}, {"max_age": "0"}], ids=str)
def test_a_fresh_sign_in_is_asked_for_there_as_well(two: Two, freshly: dict[str, str]) -> None:
    login, journey = f"emil-{next(iter(freshly)).replace('_', '')}", Journey(two)
    journey.arrive(login)
    journey.asked.clear()
    # A journey that asks for nothing comes back without a question.
    assert journey.answer(journey.leave(page=journey.here.get("/login?reason=other_person")), login)
    assert journey.asked == []
    party = RelyingParty(two.ours, two.ours.client())
    page = journey.here.get(path_of(party.authorize(journey.here.http, **freshly).headers["Location"]))

    back = journey.sign_in(login, page)

    assert journey.asked == ["login"]
    assert "code=" in journey.here.get(path_of(back.headers["Location"])).headers["Location"]


def test_signing_out_there_signs_out_here_and_in_no_other_browser(two: Two) -> None:
    journey, other = Journey(two), Journey(two)
    journey.arrive("fay")
    assert other.sign_in("fay").headers["Location"] == "/account"
    page = journey.there.get(f"{two.theirs.issuer}/session/end", timeout=20)
    ((action, fields),) = forms_of(page).items()

    # They tell everybody before they answer.
    out = journey.there.post(urljoin(page.url, action), data={**fields, "logout": "yes"}, timeout=20)

    assert out.ok
    assert (journey.is_signed_in(), other.is_signed_in()) == (False, True)


def test_new_keys_over_there_are_found_at_once(two: Two) -> None:
    Journey(two).arrive("gus")
    before = two.theirs.key_ids()

    two.theirs.stop()
    two.theirs.start()

    assert two.theirs.key_ids().isdisjoint(before)
    assert Journey(two).sign_in("gus").headers["Location"] == "/account"
