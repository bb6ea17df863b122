"""Every fault that the proxy can make, each with the modules that must turn red by it."""

from conformance_tests.peers.channels_faults import CHANNELS_FAULTS
from conformance_tests.peers.dynamic_faults import DYNAMIC_FAULTS
from conformance_tests.peers.fapi_faults import FAPI_FAULTS
from conformance_tests.peers.logout_faults import LOGOUT_FAULTS
from conformance_tests.peers.requests_faults import REQUESTS_FAULTS
from conformance_tests.peers.responses_faults import RESPONSES_FAULTS
from conformance_tests.peers.tokens_faults import TOKENS_FAULTS
from conformance_tests.peers.userinfo_faults import USERINFO_FAULTS

FAULTS = (
    *TOKENS_FAULTS,
    *REQUESTS_FAULTS,
    *USERINFO_FAULTS,
    *LOGOUT_FAULTS,
    *RESPONSES_FAULTS,
    *DYNAMIC_FAULTS,
    *CHANNELS_FAULTS,
    *FAPI_FAULTS,
)
