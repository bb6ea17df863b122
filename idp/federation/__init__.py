"""Other providers: signing in with Google, Facebook, X, GitHub and any OpenID provider. Knows nothing of ours."""
