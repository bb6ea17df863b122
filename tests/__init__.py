"""Facts about the provider, each shown on real parts."""
