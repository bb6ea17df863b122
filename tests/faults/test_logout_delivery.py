"""A sign-out arrives once, although the relying party fails in every way and the servers are killed meanwhile."""

from datetime import timedelta

from idp.store import delivery_attempts, outbox, session_endings
from idp.store.delivery_attempts import DeliveryAttempt
from idp.store.outbox import Parcel
from tests.delivery.conftest import free_port
from tests.faults.cluster import Cluster, cluster
from tests.flows.logout_receiver import HANG, logout_receiver, until
from tests.flows.people import FormBrowser, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Registered, Running

GOODBYE = "https://rp.example/goodbye"
HOSTS = ["127.0.0.1"]


def the_parcel(provider: Running) -> Parcel:
    with provider.database.autocommit() as db:
        (parcel,) = outbox.latest(db, kind="logout")
    return parcel


def ledger(provider: Running) -> list[DeliveryAttempt]:
    with provider.database.autocommit() as db:
        return delivery_attempts.of_parcel(db, the_parcel(provider).id)


def concluded(provider: Running, number: int) -> bool:
    return any(attempt.number == number and attempt.outcome is not None for attempt in ledger(provider))


def kill_all_and_start_again(servers: Cluster) -> None:
    for number in list(servers.pids):
        servers.kill(number)
    # While nobody is at work: longer than the lease of what was under way, and than the pause before the next attempt.
    servers.clock.forward(timedelta(minutes=2))
    for number in range(len(servers.ports)):
        servers.start(number)


def sign_in_and_out(provider: Running, uri: str) -> None:
    """Sign in at a client, and out again with its hint."""
    client = provider.client(post_logout_redirect_uris=[GOODBYE], backchannel_logout_uri=uri)
    rp, browser = RelyingParty(provider, client), FormBrowser(provider)
    browser.log_in(somebody(provider))
    hint = rp.redeem(rp.code(browser.http)).json()["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "s"}
    response = browser.http.get(f"{provider.issuer}/end_session", params=asked, allow_redirects=False, timeout=20)
    assert response.headers["Location"] == f"{GOODBYE}?state=s"


def test_one_logout_token_is_accepted_after_every_kind_of_failure_and_a_kill_after_each(database_url: str) -> None:
    port = free_port()
    uri = f"http://127.0.0.1:{port}/logout"
    with cluster(database_url, outgoing_timeout="4s", outgoing_allowed_hosts=HOSTS) as servers:
        provider = servers.running
        sign_in_and_out(provider, uri)
        until(lambda: concluded(provider, 1))
        kill_all_and_start_again(servers)

        with logout_receiver(500, 400, HANG, port=port) as receiver:
            for number in (2, 3, 4):
                until(lambda number=number: concluded(provider, number), within=60)
                kill_all_and_start_again(servers)
            receiver.wait_for(lambda it: bool(it.accepted), within=60)
            until(lambda: the_parcel(provider).delivered_at is not None)
            attempts = ledger(provider)
            # Whoever would send one more has had the time to do so.
            kill_all_and_start_again(servers)
            assert servers.is_up(0)

        assert [attempt.outcome for attempt in attempts] == [
            "the server could not be reached",
            "the app answered 500",
            "the app refused it (400)",
            "the server did not answer in time",
            "accepted",
        ]
        assert [told.claims["jti"] for told in receiver.told] == [attempt.reference for attempt in attempts[1:]]
        assert len({attempt.reference for attempt in attempts}) == 5
        assert (len(receiver.accepted), receiver.told[-1].status) == (1, 200)


def test_an_attempt_that_is_killed_while_the_relying_party_hangs_is_made_again(database_url: str) -> None:
    with (
        logout_receiver(HANG) as receiver,
        cluster(database_url, outgoing_timeout="30s", outgoing_allowed_hosts=HOSTS) as servers,
    ):
        provider = servers.running
        sign_in_and_out(provider, receiver.uri)
        receiver.wait_for(lambda it: len(it.told) == 1)
        kill_all_and_start_again(servers)

        receiver.wait_for(lambda it: bool(it.accepted), within=60)
        until(lambda: the_parcel(provider).delivered_at is not None)

        assert [attempt.outcome for attempt in ledger(provider)] == [None, "accepted"]
        assert len({told.claims["jti"] for told in receiver.told}) == 2


def test_two_processes_share_what_is_to_be_told_and_each_word_is_accepted_once(database_url: str) -> None:
    people = 6
    with (
        logout_receiver(*[500, 400] * people) as receiver,
        cluster(database_url, outgoing_timeout="30s", outgoing_allowed_hosts=HOSTS) as servers,
    ):
        provider = servers.running
        clients = [provider.client(backchannel_logout_uri=receiver.uri) for _ in range(2)]
        session_ids = [session_with(provider, clients) for _ in range(people)]
        with provider.database.transaction() as db:
            for session_id in session_ids:
                session_endings.end(db, session_id, because="operator", now=provider.clock())

        until(lambda: everything_arrived(servers), within=90)

        accepted = sorted((told.claims["sid"], told.claims["aud"]) for told in receiver.accepted)
        assert accepted == sorted((sid, client.client_id) for sid in session_ids for client in clients)
        assert len({told.claims["jti"] for told in receiver.told}) == len(receiver.told) == 4 * people


def session_with(provider: Running, clients: list[Registered]) -> str:
    """A session in which a person has signed in at each of the clients."""
    browser = provider.session(provider.person())
    for client in clients:
        rp = RelyingParty(provider, client)
        told = rp.claims(rp.redeem(rp.code(browser)).json()["id_token"])
    return str(told["sid"])


def everything_arrived(servers: Cluster) -> bool:
    """Whether it has; otherwise the pause before the next attempt passes, unless there is one under way."""
    told = parcels(servers.running)
    if all(parcel.delivered_at for parcel in told):
        return True
    with servers.running.database.autocommit() as db:
        attempts = [each for parcel in told for each in delivery_attempts.of_parcel(db, parcel.id)]
    if all(attempt.outcome is not None for attempt in attempts):
        servers.clock.forward(timedelta(seconds=5))
    return False


def parcels(provider: Running) -> list[Parcel]:
    with provider.database.autocommit() as db:
        return outbox.latest(db, kind="logout", limit=1000)
