"""Requests that are hardly HTTP, or HTTP that says two things at once. Hanging up is a good answer to these."""

from collections.abc import Iterator

from tests.hostile.attack import Attack, good_request
from tests.hostile.ground import Ground

_HOSTS: tuple[bytes, ...] = (
    b"", b"evil.test", b"evil.test\t", b"a b", b"[::1", b"127.0.0.1:99999", b"127.0.0.1:x", b"127.0.0.1, evil.test",
    b"evil.test/x", b"evil.test@127.0.0.1", b"\xff", b"%00", b"." * 300, b"evil.test\r\nHost: 127.0.0.1",
)  # fmt: skip
_MORE: tuple[bytes, ...] = (
    b"Content-Length: -1", b"Content-Length: 1e3", b"Content-Length: 0x10", b"Content-Length: 5, 6",
    b"Content-Length: 99999999999999999999", b"Content-Length: 0\r\nContent-Length: 7", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: xchunked",
    b"Expect: 100-continue", b"Expect: 200-ok", b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x",
    b"Connection: close, close",
    b"Authorization: Basic eA==\r\nAuthorization: Bearer x", b"Cookie: op_sid=x\r\nCookie: op_sid=y; op_tx",
    b"X: " + b"a" * 70_000,
    b"\r\n".join(b"X-%d: y" % number for number in range(300)),
    b"Content-Type: application/json\r\nContent-Type: text/html",
    b" folded: x", b"no colon", b": no name", b"na me: x", b"Name : x", b"\x00: x", b"X: \x00", b"X: \x0b",
)  # fmt: skip
_CHUNKS: tuple[bytes, ...] = (
    b"", b"0\r\n\r\n", b"zz\r\nx\r\n0\r\n\r\n", b"4\r\na=bc\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"-1\r\n", b"fffffffffffffffff\r\n",
)  # fmt: skip
_LINES: tuple[bytes, ...] = (
    b"%(method)s http://evil.test%(path)s HTTP/1.1", b"%(method)s //evil.test%(path)s HTTP/1.1",
    b"%(method)s %(path)s HTTP/1.0",
    b"%(method)s %(path)s HTTP/2.0", b"%(method)s %(path)s HTTP/9", b"%(method)s %(path)s", b"%(method)s",
    b"%(path)s %(method)s HTTP/1.1",
    b"%(method)s %(path)s#x HTTP/1.1", b"%(method)s %(path)s?%% HTTP/1.1", b"%(method)s %(path)s?\xff\xfe HTTP/1.1",
    b"%(method)s %(path)s\x00 HTTP/1.1",
    b"%(method)s %(path)s\xe9 HTTP/1.1", b"%(method)s %(path)s HTTP/1.1 x", b"\x16\x03\x01\x02\x00\x01",
    b"PRI * HTTP/2.0", b"CONNECT evil.test:443 HTTP/1.1",
    b"OPTIONS * HTTP/1.1", b"%(method)s * HTTP/1.1", b"%(method)s %(path)s?" + b"a" * 70_000 + b" HTTP/1.1",
    b"%(method)s /" + b"../" * 2000 + b" HTTP/1.1",
    b"get %(path)s HTTP/1.1", b"G\xcbT %(path)s HTTP/1.1", b"%(method)s  %(path)s  HTTP/1.1",
    b"%(method)s\t%(path)s\tHTTP/1.1",
)  # fmt: skip


def mangled(ground: Ground) -> Iterator[tuple[Attack, bytes]]:
    """For every method of every route what it is made of, and the octets that are sent."""
    for route in ground.routes:
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            good = good_request(ground, route, method)
            attack = good.sent(good.pairs)
            for octets in _ways(attack, good.path.encode()):
                yield attack, octets


def _ways(attack: Attack, path: bytes) -> Iterator[bytes]:
    whole = attack.encoded()
    head, _, body = whole.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    for host in _HOSTS:
        yield whole.replace(b"Host: 127.0.0.1", b"Host: " + host, 1)
    yield whole.replace(b"Host: 127.0.0.1\r\n", b"", 1)
    for more in _MORE:
        yield head + b"\r\n" + more + b"\r\n\r\n" + body
    without_length = b"\r\n".join(one for one in headers.split(b"\r\n") if not one.startswith(b"Content-Length"))
    for chunks in _CHUNKS:
        yield line + b"\r\n" + without_length + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    for other in _LINES:
        bent = other % {b"method": attack.method.encode(), b"path": path}
        yield bent + b"\r\n" + headers + b"\r\n\r\n" + body
    yield whole[: len(whole) // 2]
    yield whole.replace(b"\r\n", b"\n")
    yield b"\r\n" * 50 + whole
