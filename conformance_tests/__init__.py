"""Black-box conformance tests for any OpenID Provider, named after the modules of the OpenID conformance suite."""
