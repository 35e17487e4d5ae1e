"""One document in four forms."""

import csv
import io
import json
from decimal import Decimal

import pytest
import yaml

from weft.cli.answer import answer, cell, rows
from weft.cli.invocation import Invocation
from weft.cli.terminal import Terminal, harmless

DOCUMENT = {"items": [{"id": "a", "amount": Decimal("10.10"), "tags": ["x", "y"], "gone": None}], "total": 1}


@pytest.fixture
def terminal():
    return Terminal(Invocation())


def _shown(terminal, capsys, form, document=DOCUMENT):
    answer(terminal, form, document, lambda plain: rows(terminal, plain["items"], {"id": "id", "amount": "amount"}))
    return capsys.readouterr().out


def test_json_keeps_every_digit(terminal, capsys):
    text = _shown(terminal, capsys, "json")
    assert '"amount": 10.10' in text
    assert json.loads(text)["total"] == 1


def test_yaml_shows_decimals_as_numbers(terminal, capsys):
    text = _shown(terminal, capsys, "yaml")
    assert "amount: 10.10" in text
    assert yaml.safe_load(text)["items"][0]["amount"] == 10.1


def test_csv_shows_the_items_of_a_page(terminal, capsys):
    read = list(csv.DictReader(io.StringIO(_shown(terminal, capsys, "csv"))))
    assert read == [{"id": "a", "amount": "10.10", "tags": '["x","y"]', "gone": ""}]


def test_csv_of_a_result_keeps_columns_of_one_name(terminal, capsys):
    document = {"columns": [{"name": "n"}, {"name": "n"}], "rows": [[1, True], [None, "a,b"]]}
    assert _shown(terminal, capsys, "csv", document) == 'n,n\n1,true\n,"a,b"\n'


def test_a_table_is_aligned_under_its_headings(terminal, capsys):
    assert _shown(terminal, capsys, "table") == "id  amount\na    10.10\n"


def test_an_empty_page_still_says_its_columns(terminal, capsys):
    assert _shown(terminal, capsys, "table", {"items": []}) == "id  amount\n"


def test_no_value_can_command_the_terminal(terminal, capsys):
    hostile = {"items": [{"id": "\x1b[31mred\x9b\u202e\nnext", "amount": 1}]}
    for form in ("table", "json"):
        shown = _shown(terminal, capsys, form, hostile)
        assert not any(character in shown for character in "\x1b\x9b\u202e")
    answer(terminal, "table", hostile, lambda plain: plain["items"][0]["id"])
    assert "\x1b" not in capsys.readouterr().out, "a view shows what it is handed"
    assert "next" in cell(hostile["items"][0]["id"])
    assert "\n" not in cell(hostile["items"][0]["id"])


def test_plain_words_of_any_language_are_shown_as_they_are():
    assert harmless("Überweisung 支払い é") == "Überweisung 支払い é"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (True, "yes"), (["a", "b"], "a, b"), ({"a": Decimal("1.50")}, '{"a":1.50}'), ("a\tb", "a\\tb")],
)
def test_a_cell_shows_a_value_in_one_line(value, shown):
    assert cell(value) == shown
