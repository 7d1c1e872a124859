"""Says whether what a lie puts in is invented, or stands in the document after all."""

from knowledge_base.claims.reading import read_values
from knowledge_base.claims.stated import is_stated
from knowledge_base.tokens import normalise


def stands_elsewhere(planted: str, text: str) -> bool:
    """Say whether what a lie puts in stands in the document, so that it is moved, not invented."""
    return normalise(planted) in normalise(text) or _states(text, planted)


def says_the_same(planted: str, text: str) -> bool:
    """Say whether a value was put in the place of itself in another calendar or form."""
    return _states(text, planted)


def _states(text: str, planted: str) -> bool:
    stated, put_in = read_values(text), read_values(planted)
    return bool(put_in) and all(any(is_stated(claim, other) for other in stated) for claim in put_in)
