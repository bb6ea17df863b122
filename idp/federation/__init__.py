"""Other providers: Google, Facebook, X, GitHub, Microsoft, Apple and any OpenID provider. Knows nothing of ours."""
