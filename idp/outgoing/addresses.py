"""Which network addresses are public, and so may be asked at a stranger's word.

The lists are written out, from IANA's registries of special-purpose addresses, because what Python's `is_global` says
has changed between its releases. Of IPv6 only what is allotted to the public (2000::/3) is taken at all, which leaves
out loopback, link-local, unique-local, multicast, IPv4-mapped and NAT64 forms without naming them.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NOT_PUBLIC_4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # between a carrier and its customers (RFC 6598); one cloud's metadata lives here too
        "127.0.0.0/8",
        "168.63.129.16/32",  # public by its number, and yet one cloud's way to its own machines
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4, which unpack what they are sent
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # among them Teredo, which carries an IPv4 address inside
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside, possibly a private one
        "3fff::/20",
    )
)


def is_public(address: str) -> bool:
    """Whether an address belongs to the public Internet. What is no address at all does not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    return parsed in _PUBLIC_6 and not any(parsed in network for network in _NOT_PUBLIC_6)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine itself."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback
