"""Mails cross the network under TLS that is verified, and passwords never in clear."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from idp.delivery.outbox import NotDelivered
from idp.delivery.smtp import SmtpTransport
from tests.delivery.conftest import Postbox, free_port, smtp_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def served(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


@pytest.fixture
def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "id@example.com", "ada@example.com", "Hello"
    message.set_content("Hello, Ada.")
    return message


def _knows(password: str) -> Callable[..., AuthResult]:
    def authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        right = isinstance(data, LoginPassword) and data == LoginPassword(b"idp", password.encode())
        return AuthResult(success=right, handled=False)

    return authenticate


def test_starttls_is_used_and_a_login_goes_through_it(
    served: ssl.SSLContext, trusting: ssl.SSLContext, mail: EmailMessage, postbox: Postbox
) -> None:
    port = free_port()
    transport = SmtpTransport.from_url(f"smtp://idp:s%2Fcret@127.0.0.1:{port}?starttls", context=trusting)

    with smtp_server(
        postbox, port, tls_context=served, require_starttls=True, auth_required=True, authenticator=_knows("s/cret")
    ):
        transport.send(mail)

    assert postbox.recipients == ["ada@example.com"]


def test_a_wrong_login_is_tried_again_because_an_operator_can_mend_it(
    served: ssl.SSLContext, trusting: ssl.SSLContext, mail: EmailMessage, postbox: Postbox
) -> None:
    port = free_port()
    transport = SmtpTransport.from_url(f"smtp://idp:wrong@127.0.0.1:{port}?starttls", context=trusting)

    with (
        smtp_server(postbox, port, tls_context=served, auth_required=True, authenticator=_knows("s/cret")),
        pytest.raises(NotDelivered) as refused,
    ):
        transport.send(mail)

    assert (refused.value.sentence, refused.value.for_good) == ("SMTPAuthenticationError (535)", False)


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    served: ssl.SSLContext, mail: EmailMessage, postbox: Postbox
) -> None:
    port = free_port()
    transport = SmtpTransport.from_url(f"smtp://127.0.0.1:{port}?starttls")

    with smtp_server(postbox, port, tls_context=served), pytest.raises(NotDelivered) as refused:
        transport.send(mail)

    assert refused.value.sentence == "the certificate of the SMTP server is not trusted"
    assert postbox.all() == []


def test_a_server_that_does_not_offer_starttls_gets_no_mail(mail: EmailMessage, postbox: Postbox) -> None:
    port = free_port()

    with smtp_server(postbox, port), pytest.raises(NotDelivered) as refused:
        SmtpTransport.from_url(f"smtp://127.0.0.1:{port}?starttls").send(mail)

    assert refused.value.sentence == "SMTPNotSupportedError"
    assert postbox.all() == []


def test_implicit_tls_speaks_tls_from_the_first_byte(
    served: ssl.SSLContext, trusting: ssl.SSLContext, mail: EmailMessage, postbox: Postbox
) -> None:
    port = free_port()

    with smtp_server(postbox, port, ssl_context=served):
        SmtpTransport.from_url(f"smtps://127.0.0.1:{port}", context=trusting).send(mail)

    assert postbox.recipients == ["ada@example.com"]


def test_a_password_is_never_sent_in_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="needs TLS"):
        SmtpTransport.from_url("smtp://idp:secret@mail.example.com:25")
