"""The name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_FEW = 12


def nearest(word: str, names: Iterable[str]) -> str:
    """The closest of `names`, or empty text when none is close."""
    by_folded = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """`did you mean `x`?` or, for a short list with nothing close, what there is."""
    known = sorted(set(names))
    if guess := nearest(word, known):
        return f"did you mean `{guess}`?"
    return f"there is: {', '.join(known)}" if 0 < len(known) <= _FEW else ""
