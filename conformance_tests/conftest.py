"""Which modules run with what, and the parts that each is given."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance_tests import callback_server, certificate, report
from conformance_tests import options as command_line
from conformance_tests.browser import ScriptedBrowser, origin_of
from conformance_tests.callback_server import CallbackServer
from conformance_tests.chromium import Chromium, opened
from conformance_tests.clients import Registrar
from conformance_tests.dpop import ProofKey
from conformance_tests.fapi_party import FapiParty
from conformance_tests.issuer import Issuer
from conformance_tests.options import Options
from conformance_tests.plans import PROFILES, Variant, variants_of
from conformance_tests.relying_party import RelyingParty
from conformance_tests.report import PROFILE, VERDICT, variant_of
from conformance_tests.verdict import Verdict

_OPTIONS = pytest.StashKey[Options]()
_PREFIX = "test_"


def pytest_addoption(parser: pytest.Parser) -> None:
    command_line.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(report)
    config.addinivalue_line("markers", "requirement(name): the requirement of a specification that a module covers")
    config.addinivalue_line("markers", "dynamic_client: the module is not in the plan of static clients")
    if config.getoption("--insecure"):
        # pytest sets its own filters before each test, so a filter of the warnings module would not last.
        config.addinivalue_line("filterwarnings", "ignore::urllib3.exceptions.InsecureRequestWarning")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each module once for every pass of every plan that it is part of."""
    module = metafunc.function.__name__.removeprefix(_PREFIX)
    variants = variants_of(module, command_line.response_type_of(metafunc.config), PROFILES)
    # What no plan has for the chosen response type is left out like a profile that was not asked for.
    variants = variants or [Variant("in no plan")]
    metafunc.parametrize("variant", variants, ids=[variant.name for variant in variants])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what is in the profiles that were asked for, and what the kind of clients allows."""
    ours = {item: variant for item in items if (variant := variant_of(item)) is not None}
    if not ours:
        return
    config.stash[_OPTIONS] = command_line.read(config)
    profiles = command_line.profiles_of(config)
    static = config.stash[_OPTIONS].first is not None
    left_out = {
        item
        for item, variant in ours.items()
        if variant.profile not in profiles
        or (static and not variant.registers and item.get_closest_marker("dynamic_client"))
    }
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def options(pytestconfig: pytest.Config) -> Options:
    return pytestconfig.stash[_OPTIONS]


@pytest.fixture
def verdict(request: pytest.FixtureRequest, variant: Variant) -> Verdict:
    found = Verdict()
    request.node.user_properties.append((PROFILE, variant.profile))
    request.node.stash[VERDICT] = found
    return found


@pytest.fixture
def issuer(options: Options, verdict: Verdict) -> Issuer:
    return Issuer(options, verdict)


@pytest.fixture
def browser(options: Options) -> ScriptedBrowser:
    """A fresh browser for each module; its cookies are shared by all that happens inside the module."""
    watched = (options.redirect_uri, options.post_logout_redirect_uri)
    return ScriptedBrowser(options.credentials, watched, verify=options.verify, timeout=options.timeout)


@pytest.fixture(scope="session")
def callbacks(options: Options, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CallbackServer]:
    """The web server of the relying party, under the certificate of the options or one that nobody has heard of."""
    chain, key = options.callback_certificate, options.callback_key
    if chain is None or key is None:
        chain, key = map(str, certificate.write(tmp_path_factory.mktemp("certificate")))
    with callback_server.running(options.callback_host, Path(chain), Path(key)) as pages:
        yield pages


@pytest.fixture
def chromium(options: Options, callbacks: CallbackServer) -> Iterator[Chromium]:
    """A real browser, in which the relying party's origin is the server of these tests."""
    with opened(origin_of(options.redirect_uri), callbacks.address, options.timeout) as browser:
        yield browser


@pytest.fixture
def registrar(issuer: Issuer, options: Options, verdict: Verdict, variant: Variant) -> Registrar:
    return Registrar(issuer, options, verdict, variant)


@pytest.fixture
def rp(
    issuer: Issuer, registrar: Registrar, browser: ScriptedBrowser, verdict: Verdict, variant: Variant
) -> RelyingParty:
    """The relying party of most modules: one client with what the pass through the plan prescribes."""
    return RelyingParty(issuer=issuer, client=registrar.client(), browser=browser, verdict=verdict, variant=variant)


@pytest.fixture
def fapi(
    issuer: Issuer, registrar: Registrar, browser: ScriptedBrowser, verdict: Verdict, variant: Variant
) -> FapiParty:
    """The first client under FAPI 2.0."""
    client = registrar.under_fapi()
    return FapiParty(issuer=issuer, client=client, browser=browser, verdict=verdict, variant=variant)


@pytest.fixture
def other_fapi(fapi: FapiParty, registrar: Registrar) -> FapiParty:
    """The second client under FAPI 2.0, in the same browser."""
    return replace(fapi, client=registrar.under_fapi(second=True), proofs=ProofKey())
