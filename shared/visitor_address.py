"""Whose address a request counts for, where there is no account yet to count by.

The address is the connection's own. `X-Forwarded-For` counts only from a proxy that the settings name.
"""

import ipaddress
from typing import Any

from litestar.connection import ASGIConnection


class TrustedProxies:
    """`networks` are addresses or networks, separated by commas, whose `X-Forwarded-For` is believed.

    Raises ValueError for what is no network.
    """

    def __init__(self, networks: str = "") -> None:
        self._networks = [ipaddress.ip_network(text.strip()) for text in networks.split(",") if text.strip()]

    def address_of(self, request: ASGIConnection[Any, Any, Any, Any]) -> str:
        """An IPv6 address counts by its network of 64 bits, which one household has to itself."""
        peer = request.client.host if request.client is not None else ""
        hops = [peer, *reversed(request.headers.get("x-forwarded-for", "").split(","))]
        for hop in hops:
            address = _address(hop.strip())
            if address is None:
                return peer
            if not any(address in network for network in self._networks):
                return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), False))
        return peer


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
