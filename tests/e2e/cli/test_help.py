"""Every help fits 80 columns, says an example, and stands in the reference as it is."""

import importlib.util
import re
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[3] / "docs" / "generate.py"
_spec = importlib.util.spec_from_file_location("weft_docs_generate", _SCRIPT)
assert _spec is not None
assert _spec.loader is not None
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)

COMMANDS = list(generate.every_command())
WORDS = [" ".join(["weft", *words]) for words in COMMANDS]


@pytest.mark.parametrize("words", COMMANDS, ids=WORDS)
def test_help_fits_a_narrow_terminal_and_shows_an_example(words):
    shown = generate.help_of(words)
    assert max(map(len, shown.splitlines())) <= 80
    assert all(len(option) <= 22 for option in re.findall(r"--[a-z-]+", shown))
    nouns = {"product", "contract", "quarantine", "lineage", "access", "audit"}
    assert "Example" in shown or (len(words) == 1 and words[0] in nouns)
    assert "..." not in shown.partition("\n")[2], "a help text was cut"


def test_every_command_of_the_first_landing_is_there():
    named = {words[0] for words in COMMANDS if words}
    wanted = (
        "init demo check plan apply up down status run query product contract quarantine lineage audit explain doctor"
    )
    assert named == {*wanted.split(), "access"}


def test_the_reference_is_what_the_code_says():
    assert generate.stale() == [], "run: python docs/generate.py"
