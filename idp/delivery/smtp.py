"""Handing mails to an SMTP server, with TLS that is verified."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self
from urllib.parse import unquote, urlsplit

from idp.delivery.outbox import NotDelivered

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PERMANENT = range(500, 600)
_OK = 250


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """One SMTP server. Every mail has a connection of its own: nothing breaks when the server drops idle ones.

    Args:
        tls: `implicit` from the first byte (RFC 8314 section 3.3), `starttls` (RFC 3207) or `none`.
        context: Who is trusted; the system's certificate authorities unless given.
        timeout: Seconds for each step of the conversation.
    """

    host: str
    port: int
    tls: str = "none"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    hello: str = "localhost"
    timeout: float = 15.0

    def __post_init__(self) -> None:
        """Refuse to send a password in clear to another machine."""
        if self.username and self.tls == "none" and self.host not in _LOOPBACK:
            raise ValueError("an SMTP login needs TLS: add ?starttls, or use smtps://")

    @classmethod
    def from_url(cls, url: str, *, context: ssl.SSLContext | None = None, hello: str = "localhost") -> Self:
        """Read `smtp://user:password@host:587?starttls` or `smtps://user:password@host:465`.

        Raises:
            ValueError: Neither of these, or a login without TLS to another machine.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("the SMTP URL must start with smtp:// or smtps://")
        tls = "implicit" if parts.scheme == "smtps" else parts.query or "none"
        return cls(
            host=parts.hostname,
            port=parts.port or {"implicit": 465, "starttls": 587}.get(tls, 25),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            context=context or ssl.create_default_context(),
            hello=hello,
        )

    def send(self, message: EmailMessage) -> None:
        """Send one mail.

        Raises:
            NotDelivered: The server is away or did not take it; for good only if it refuses this recipient or mail.
        """
        try:
            server = self._connect()
            try:
                server.send_message(message)
            finally:
                # The mail is the server's by now, or it is not; an answer to QUIT changes neither.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            code = max((answer[0] for answer in error.recipients.values()), default=0)
            raise NotDelivered(f"recipient refused ({code})", for_good=code in _PERMANENT) from None
        except smtplib.SMTPDataError as error:
            raise NotDelivered(f"mail refused ({error.smtp_code})", for_good=error.smtp_code in _PERMANENT) from None
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"{type(error).__name__} ({error.smtp_code})") from None
        except ssl.SSLCertVerificationError:
            raise NotDelivered("the certificate of the SMTP server is not trusted") from None
        except (smtplib.SMTPException, OSError) as error:
            # Only the kind of error: its text repeats what the server said, addresses included.
            raise NotDelivered(type(error).__name__) from None

    def try_out(self, sender: str) -> None:
        """Go as far as a mail would, without sending one: connection, TLS, login, and the sender.

        Raises:
            NotDelivered: With what to look at, for the operator.
        """
        try:
            server = self._connect()
            try:
                server.ehlo_or_helo_if_needed()
                code, _said = server.mail(sender)
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPAuthenticationError as error:
            raise NotDelivered(f"the SMTP server refuses the login ({error.smtp_code})") from None
        except ssl.SSLCertVerificationError:
            raise NotDelivered("the certificate of the SMTP server is not trusted, or is another host's") from None
        except ssl.SSLError:
            raise NotDelivered("TLS with the SMTP server fails; smtps:// is for ports that begin with it") from None
        except smtplib.SMTPNotSupportedError:
            missing = "STARTTLS" if self.tls == "starttls" else "a login"
            raise NotDelivered(f"the SMTP server does not offer {missing} there") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"the SMTP server does not answer ({type(error).__name__})") from None
        if code != _OK:
            raise NotDelivered(f"the SMTP server refuses the sender ({code}), which IDP_MAIL_FROM sets")

    def _connect(self) -> smtplib.SMTP:
        server: smtplib.SMTP
        if self.tls == "implicit":
            server = smtplib.SMTP_SSL(self.host, self.port, self.hello, timeout=self.timeout, context=self.context)
        else:
            server = smtplib.SMTP(self.host, self.port, self.hello, timeout=self.timeout)
        try:
            if self.tls == "starttls":
                server.starttls(context=self.context)
            if self.username is not None:
                server.login(self.username, self.password or "")
        except BaseException:
            server.close()
            raise
        return server
