"""Hosts: which are this machine itself, how one stands in a URL, and what can be a name of one."""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LONGEST = 253


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_wildcard(host: str) -> bool:
    """Whether an address stands for all addresses of this machine: one can listen there, but nobody can be found there."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def is_host(text: str) -> bool:
    """Whether a text is a name or an address of a host, and nothing else."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) <= _LONGEST and all(_LABEL.fullmatch(label) for label in text.split("."))
    return True


def in_url(host: str) -> str:
    """A host as it stands in a URL and in a Host header."""
    return f"[{host}]" if ":" in host else host
