"""The keys of clients: when they are fetched, how long they are believed, and who waits for them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from joserfc.jwk import ECKey

from idp.outgoing import Outgoing
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_documents import ClientDocuments, HasToWait
from idp.protocol.clients.client_keys import LIFE, LIFE_IN_AN_OUTAGE, PAUSE, ClientKeys
from idp.store.clients import StoredClient
from tests.flows.signing_client import Site, jwks, open_site, public
from tests.outgoing.servers import serving
from tests.protocol.samples import NOW, client

OLD, NEW = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")


class Watch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def keys(watch: Watch) -> ClientKeys:
    return keys_with(watch, may_wait=True)


def keys_with(watch: Watch, *, may_wait: bool) -> ClientKeys:
    documents = ClientDocuments(Outgoing(allowed_hosts=["127.0.0.1"]), may_wait=lambda: may_wait)
    return ClientKeys(documents, seconds=watch)


def found(keys: ClientKeys, owner: RegisteredClient, kid: str | None = None, *, anew: bool = False) -> list[str]:
    candidates = keys.candidates(owner, kid=kid, algorithm="ES256", anew=anew)
    return [{OLD.thumbprint(): "old", NEW.thumbprint(): "new"}[key.thumbprint()] for key in candidates]


def test_fetched_keys_are_kept_for_their_life(site: Site, keys: ClientKeys, watch: Watch) -> None:
    owner = client(jwks_uri=site.publish("/keys", jwks(public(OLD))))

    assert found(keys, owner) == found(keys, owner) == ["old"]
    watch.seconds += LIFE - 1
    assert found(keys, owner) == ["old"]
    assert site.visits("/keys") == 1

    site.publish("/keys", jwks(public(NEW)))
    watch.seconds += 2
    assert found(keys, owner) == ["new"]
    assert site.visits("/keys") == 2


def test_an_unknown_key_is_looked_for_at_most_once_in_a_pause(site: Site, keys: ClientKeys, watch: Watch) -> None:
    owner = client(jwks_uri=site.publish("/keys", jwks(public(OLD, kid="old"))))
    assert found(keys, owner, "old") == ["old"]

    site.publish("/keys", jwks(public(NEW, kid="new")))
    assert found(keys, owner, "new", anew=True) == []
    assert site.visits("/keys") == 1

    watch.seconds += PAUSE
    assert found(keys, owner, "new") == []
    assert found(keys, owner, "new", anew=True) == ["new"]
    assert [found(keys, owner, str(made_up), anew=True) for made_up in range(9)] == [[]] * 9
    assert site.visits("/keys") == 2


def test_keys_are_believed_for_a_while_when_their_server_is_away(site: Site, keys: ClientKeys, watch: Watch) -> None:
    owner = client(jwks_uri=site.publish("/keys", jwks(public(OLD))))
    assert found(keys, owner) == ["old"]

    site.documents.clear()
    watch.seconds += LIFE_IN_AN_OUTAGE - 1
    assert found(keys, owner) == ["old"]
    watch.seconds += PAUSE
    assert found(keys, owner) == []

    site.publish("/keys", jwks(public(NEW)))
    assert found(keys, owner) == []
    watch.seconds += PAUSE
    assert found(keys, owner) == ["new"]


def test_keys_that_could_not_be_fetched_are_not_asked_for_all_the_time(site: Site, keys: ClientKeys) -> None:
    owner = client(jwks_uri=site.url("/missing"))

    assert [found(keys, owner) for _ in range(5)] == [[]] * 5

    assert site.visits("/missing") == 1


def test_a_thread_that_may_not_wait_says_so_before_anything_is_asked(site: Site, watch: Watch) -> None:
    owner = client(jwks_uri=site.publish("/keys", jwks(public(OLD))))
    keys = keys_with(watch, may_wait=False)

    with pytest.raises(HasToWait):
        found(keys, owner)

    assert site.visits("/keys") == 0


def test_a_changed_registration_counts_at_once(site: Site, keys: ClientKeys) -> None:
    by_address = client(jwks_uri=site.publish("/keys", jwks(public(OLD))))
    elsewhere = client(jwks_uri=site.publish("/others", jwks(public(NEW))))

    assert [found(keys, each) for each in (by_address, elsewhere)] == [["old"], ["new"]]
    assert found(keys, client(jwks=jwks(public(OLD)))) == ["old"]
    assert found(keys, client(jwks=jwks(public(NEW)))) == ["new"]
    assert found(keys, client()) == []


def test_a_named_key_comes_before_one_without_a_name(keys: ClientKeys) -> None:
    owner = client(jwks=jwks(public(OLD), public(NEW, kid="n")))

    assert found(keys, owner, "n") == ["new", "old"]
    assert found(keys, owner, "other") == ["old"]


def test_sixteen_who_need_the_same_keys_cause_one_fetch(watch: Watch) -> None:
    keys, may_answer = keys_with(watch, may_wait=True), Event()

    def answer(_connected: object, _request: bytes) -> None:
        may_answer.wait(20)

    with serving(answer) as server, ThreadPoolExecutor(16) as together:
        owner = client(jwks_uri=f"http://127.0.0.1:{server.port}/keys")
        asking = [together.submit(found, keys, owner) for _ in range(16)]
        may_answer.set()
        answers = [each.result() for each in asking]

        assert answers == [[]] * 16
        assert len(server.requests) == 1


def test_nobody_waits_for_another_at_a_server_that_has_just_failed(watch: Watch) -> None:
    keys, hangs, may_answer = keys_with(watch, may_wait=True), Event(), Event()
    may_answer.set()

    def answer(_connected: object, _request: bytes) -> None:
        if not may_answer.is_set():
            hangs.set()
        may_answer.wait(20)

    with serving(answer) as server, ThreadPoolExecutor(16) as together:
        owner = client(jwks_uri=f"http://127.0.0.1:{server.port}/keys")
        assert found(keys, owner) == []
        may_answer.clear()
        watch.seconds += PAUSE
        first = together.submit(found, keys, owner)
        assert hangs.wait(10)

        # All others are answered while the server still hangs.
        others = [together.submit(found, keys, owner).result(3) for _ in range(15)]
        is_waiting = not first.done()
        may_answer.set()

        assert others == [[]] * 15
        assert is_waiting
        assert first.result() == []


def test_only_so_many_clients_are_remembered(site: Site, watch: Watch) -> None:
    documents = ClientDocuments(Outgoing(allowed_hosts=["127.0.0.1"]), may_wait=lambda: True)
    keys = ClientKeys(documents, seconds=watch, size=1)
    address = site.publish("/keys", jwks(public(OLD)))
    one, other = (
        RegisteredClient.of(StoredClient(name, {"jwks_uri": address}, NOW, NOW, None)) for name in ("one", "other")
    )

    assert found(keys, one) == found(keys, other) == found(keys, one) == ["old"]

    assert site.visits("/keys") == 3
