"""Things to try the conformance tests against: a certified provider, and the same with one thing broken."""
