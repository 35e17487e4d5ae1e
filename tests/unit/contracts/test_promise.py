"""The promise in plain words."""

from collections.abc import Mapping

from weft.contracts.promise import promise_of
from weft.contracts.reading import read_mesh
from weft.model.product import Contract, Quality


def test_the_briefs_payment_contract_reads_as_sentences(bank_files: Mapping[str, bytes]) -> None:
    mesh = read_mesh(bank_files, "bank").mesh
    assert mesh is not None
    product = mesh.product("payments-data-product")
    assert product is not None

    sentences = promise_of(product.contracts[0], product.tables[0])

    assert sentences[0] == "Every payment has payment_id, customer_id, amount, currency, status and created_at."
    assert sentences[1] == "It may also have payment_method and updated_at."
    assert "amount is an exact number with 2 decimal places, at least 0." in sentences
    assert "payment_id is text in the form of a uuid." in sentences
    assert "currency is text, written as ^[A-Z]{3}$." in sentences
    assert "status is one of PENDING, PROCESSING, COMPLETED, FAILED and CANCELLED." in sentences
    assert "payment_method is a group of fields, which are type and last_four." in sentences
    assert "For each payment_id the latest payment is kept." in sentences
    assert sentences[-3:] == (
        "A row can be read at most 1 second after its event.",
        "100 % of required fields are there.",
        "99.999 % of rows keep these rules.",
    )


def test_without_a_table_or_quality_less_is_promised() -> None:
    contract = Contract(
        name="note-schema", version="1", schema='{"properties": {"text": {}}}', path="", quality=Quality()
    )

    assert promise_of(contract) == ("It may also have text.", "text is any JSON value.")
