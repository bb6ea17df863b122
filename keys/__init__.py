"""The life of the provider's signing keys: published, active, retired, gone.

A package of its own that knows nothing of the server. `lifecycle` is pure; `vault` stores sealed keys; `ring` is what a
server asks for the key to sign with and for its JWKS; `rotation` is what operators and schedules call.
"""
