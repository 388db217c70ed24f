"""Whose address counts: the connection's, or what a trusted proxy says of it."""

from typing import Any

import pytest
from litestar import Request

from shared.visitor_address import TrustedProxies


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "counted"),
    [
        ("203.0.113.7", "198.51.100.1", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "10.0.0.0/8", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.1", "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "10.0.0.0/8, 127.0.0.1", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.0/8", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "10.0.0.0/8", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.3", "10.0.0.0/8", "10.0.0.2"),
        ("::ffff:203.0.113.7", "", "", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "", "", "2001:db8:1:2::/64"),
    ],
)
def test_whose_address_counts(peer: str, forwarded: str, proxies: str, counted: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())]
    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": headers, "client": (peer, 4), "state": {}}
    assert TrustedProxies(proxies).address_of(Request(scope)) == counted


def test_what_is_no_network_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="front-proxy"):
        TrustedProxies("10.0.0.0/8, front-proxy")
