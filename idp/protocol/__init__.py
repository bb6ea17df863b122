"""The OpenID Provider: what RFC 6749 and OpenID Connect say, on Authlib, without HTTP and without HTML."""
