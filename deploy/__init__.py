"""Running the provider in containers, and the conformance modules against it."""
