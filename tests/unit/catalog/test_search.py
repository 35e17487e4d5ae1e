"""Search: whole words before beginnings before slips, names before descriptions, every word must fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.catalog.search import search
from weft.model.column import Column
from weft.model.mesh import Mesh
from weft.model.product import Product, Table


def product(name: str, *columns: Column, owner: str = "x@banking.com", description: str = "") -> Product:
    table = Table(name=f"{name}_table", layer="silver", columns=columns)
    return Product(
        name=name,
        domain="d",
        version="1",
        owner=owner,
        file="f",
        description=description,
        tables=(table,) if columns else (),
    )


MESH = Mesh(
    name="bank",
    folder="bank",
    products=(
        product(
            "payments-data-product",
            Column(name="amount", kind="decimal", description="Payment amount"),
            Column(name="payment_method", kind="object", fields=(Column(name="last_four", kind="string"),)),
            Column(name="customer_id", kind="integer", classification="restricted"),
            owner="payments-team@banking.com",
        ),
        product(
            "customers-data-product", Column(name="customer_name", kind="string"), description="Who our customers are"
        ),
    ),
)


def labels(text: str) -> list[str]:
    return [found.label for found in search(MESH, text).items]


def test_a_product_is_found_by_its_name_before_what_mentions_it() -> None:
    assert labels("customers")[0] == "customers-data-product"


@pytest.mark.parametrize("text", ["amount", "AMOUNT", "amou", "amuont", "amount payment", "ammount"])
def test_a_column_is_found_by_its_word_its_beginning_and_a_slip(text: str) -> None:
    assert labels(text)[0] == "amount"


def test_nested_fields_are_found_by_their_path() -> None:
    assert "payment_method.last_four" in labels("last four")


def test_every_word_must_fit() -> None:
    assert labels("amount nonsense") == []


def test_owners_and_classes_lead_to_what_is_theirs() -> None:
    assert labels("payments-team@banking.com")[0] == "payments-data-product"
    assert labels("restricted") == ["customer_id"]


def test_short_words_forgive_nothing() -> None:
    assert labels("idx") == []


@pytest.mark.parametrize("text", ["", " ", "!?", "\0"])
def test_no_words_find_nothing(text: str) -> None:
    assert labels(text) == []


@given(st.text(max_size=300))
def test_any_text_is_a_question(text: str) -> None:
    assert len(search(MESH, text, most=3).items) <= 3


@given(st.sampled_from(["amount", "customer", "payments"]), st.integers(0, 20), st.sampled_from("xyz"))
def test_one_changed_letter_still_finds(word: str, at: int, letter: str) -> None:
    at %= len(word)
    assert labels(word[:at] + letter + word[at + 1 :])
