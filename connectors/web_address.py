"""Makes an address fit for a button: percent-encoded, http or https, not too long; else there is no button."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

_SAFE = "/:?#[]@!$&'()*+,;=%~-._"


def clean_address(url: str, max_characters: int = 1_000) -> str:
    """Return the address in ASCII as a button may carry it, or "" where it is none."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in ("http", "https") or "." not in host:
        return ""
    rest = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    address = urlunsplit((parts.scheme.lower(), host + port, *rest))
    return address if len(address) <= max_characters else ""
