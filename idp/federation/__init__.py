"""Other providers: signing in with Google, Facebook, X, GitHub, Microsoft and any OpenID provider. Knows nothing of ours."""
