"""A self-hosted OpenID Connect provider built on Authlib."""
