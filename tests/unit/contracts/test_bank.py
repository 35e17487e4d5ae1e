"""The brief's own files and the example around them: they load exactly as they stand, with everything filled in."""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from weft.contracts.reading import Reading, read_mesh
from weft.governance import filters
from weft.model.column import walk
from weft.model.mesh import ClassRule, Environment
from weft.model.product import Endpoint, Product, Quality, Source

HERE = Path(__file__).parent
SPEC = """apiVersion: weft.dev/v1
kind: DataProduct
metadata: {name: shop, owner: shop@example.com}
spec:
  contracts: [{name: order-schema, version: '1.0.0', schema: schemas/order-schema.json}]
"""
PAYMENTS = "domains/payments/payments-data-product.yaml"
SCHEMA = "domains/payments/schemas/payment-schema.json"
BRIEF_PRODUCT = "7ed3cf7b208aba852cb06144bf406c8743374b9060af1956410aefbb59eb2378"
BRIEF_SCHEMA = "09e9d630b201d7fa08c15fd133efe5cb3c94c9b278e850515e78123d1439bf10"


@pytest.fixture(scope="module")
def bank(bank_files: Mapping[str, bytes]) -> Reading:
    return read_mesh(bank_files, "/somewhere/bank", filter_check=filters.check)


@pytest.fixture(scope="module")
def payments(bank: Reading) -> Product:
    assert bank.mesh is not None
    product = bank.mesh.product("payments-data-product")
    assert product is not None
    return product


def variant(bank_files: Mapping[str, bytes], name: str) -> tuple[Reading, Product]:
    files = {**bank_files, PAYMENTS: (HERE / "variants" / f"{name}.yaml").read_bytes()}
    del files["domains/fraud/fraud-data-product.yaml"]
    reading = read_mesh(files, "bank", filter_check=filters.check)
    assert reading.mesh is not None, reading.problems
    product = reading.mesh.product("payments-data-product")
    assert product is not None
    return reading, product


def test_the_bank_has_no_error_and_no_warning(bank: Reading) -> None:
    assert [problem for problem in bank.problems if problem.severity != "notice"] == []
    assert bank.mesh is not None
    assert bank.mesh.name == "bank"
    assert [product.domain for product in bank.mesh.products] == ["customers", "fraud", "payments"]


def test_the_briefs_files_stand_byte_for_byte(bank_files: Mapping[str, bytes]) -> None:
    assert hashlib.sha256(bank_files[PAYMENTS]).hexdigest() == BRIEF_PRODUCT
    assert hashlib.sha256(bank_files[SCHEMA]).hexdigest() == BRIEF_SCHEMA
    assert bank_files[SCHEMA].startswith(b"// payment-schema.json\n")


def test_what_the_brief_does_not_say_is_inferred_and_told(payments: Product) -> None:
    payment, analytics = payments.tables

    assert (payment.name, payment.layer, payment.key, payment.contract) == (
        "payment",
        "silver",
        ("payment_id",),
        "payment-schema",
    )
    assert (analytics.name, analytics.key) == ("payment-analytics", ("analytics_id",))
    told = {found.path: found.line for found in payments.inferred}
    assert told["spec.tables.payment.key"] == "key: [payment_id]"
    assert told["spec.tables.payment"] == "tables: [{name: payment, layer: silver, contract: payment-schema}]"
    assert "spec.tables.payment.history" in told


def test_the_promise_is_in_numbers(payments: Product) -> None:
    assert payments.contracts[0].quality == Quality(freshness=1.0, completeness=1.0, accuracy=0.99999)
    assert payments.contracts[0].path == SCHEMA


def test_the_declared_endpoints_are_bound(payments: Product) -> None:
    assert payments.endpoints == (
        Endpoint(path="/payments/{payment_id}", table="payment", operation="get"),
        Endpoint(path="/payments/{payment_id}/status", table="payment", operation="field", field="status"),
        Endpoint(path="/payments/search", table="payment", operation="search"),
    )


def test_sources_without_a_connection_are_kept_and_not_connected(payments: Product) -> None:
    mysql, mongodb = payments.sources

    assert (mysql.kind, mysql.objects, mysql.url) == (
        "mysql",
        ("payments", "payment_methods", "payment_transactions"),
        "",
    )
    assert (mongodb.database, mongodb.objects) == ("banking", ("payment_analytics", "payment_events"))


def test_what_is_asked_for_and_not_served_is_said(bank: Reading, payments: Product) -> None:
    paths = [found.path for found in payments.unserved]

    assert set(paths) == {
        "spec.sources.mysql",
        "spec.sources.mongodb",
        "spec.apis.rest.baseUrl",
        "spec.apis.graphql",
        "spec.apis.kafka",
    }
    assert {problem.path for problem in bank.problems if problem.mark.file == PAYMENTS} == set(paths)
    assert all(found.what and found.meanwhile for found in payments.unserved)


def test_personal_data_is_classified_and_masked(bank: Reading) -> None:
    assert bank.mesh is not None
    customers = bank.mesh.product("customers-data-product")
    assert customers is not None
    classes = {path: column.classification for path, column in walk(customers.tables[0].columns)}
    privacy = next(policy for policy in bank.mesh.policies if policy.name == "privacy")

    assert classes["email"] == "confidential"
    assert classes["national_id"] == "restricted"
    assert (classes["address.street"], classes["address.city"]) == ("confidential", "internal")
    assert privacy.classes["restricted"] == ClassRule(mask="hide", cleared=frozenset({"customers-team"}))
    assert privacy.retention["raw"] == 7 * 365 * 86_400
    assert privacy.retention["audit"] is None


def test_the_inbox_of_a_files_source_is_a_path_of_the_mesh(bank: Reading) -> None:
    assert bank.mesh is not None
    customers = bank.mesh.product("customers-data-product")
    assert customers is not None

    assert customers.sources == (
        Source(
            name="files",
            kind="files",
            objects=("domains/customers/inbox",),
            url="file:domains/customers/inbox",
            table="customer",
        ),
    )


def test_gold_is_one_select_over_another_products_table(bank: Reading) -> None:
    assert bank.mesh is not None
    fraud = bank.mesh.product("fraud-data-product")
    assert fraud is not None
    totals = fraud.table("daily_totals")
    assert totals is not None

    assert (totals.layer, totals.key, totals.columns) == ("gold", ("day", "currency"), ())
    assert totals.sql_path == "domains/fraud/sql/daily_totals.sql"
    assert re.search(r"FROM `payments-data-product`\.payment", totals.sql)


def test_every_role_of_the_bank_has_a_demo_user(bank: Reading) -> None:
    assert bank.mesh is not None
    users = {user.id: user.roles for user in bank.mesh.identities.users}
    roles = {grant.role for product in bank.mesh.products for grant in product.access}

    assert bank.mesh.identities.sign_in == "demo"
    assert roles <= set().union(*users.values())
    assert users["nobody"] == frozenset()


def test_the_local_environment_is_always_there(bank: Reading) -> None:
    assert bank.mesh is not None
    assert bank.mesh.environments == {"local": Environment()}


def test_a_postgres_source_loads(bank_files: Mapping[str, bytes]) -> None:
    reading, product = variant(bank_files, "postgres")

    assert product.sources[0].url == "postgresql://reader@db.banking.com/banking"
    assert (product.version, product.contracts[0].version) == ("1.0", "1.10")
    assert [endpoint.operation for endpoint in product.endpoints] == ["list", "get"]
    assert {problem.path for problem in reading.problems if problem.severity == "notice"} == {
        "spec.sources.postgres",
        "spec.access[1].purpose",
        "spec.access[2].purpose",
        "spec.retention.raw",
        "spec.retention.analytics",
    }


def test_a_product_without_apis_loads(bank_files: Mapping[str, bytes]) -> None:
    _, product = variant(bank_files, "no-apis")

    assert (product.domain, product.version, product.tables[0].key) == ("payments", "1.0.0", ("payment_id",))
    assert {found.path for found in product.inferred} >= {
        "metadata.domain",
        "metadata.version",
        "spec.contracts[0].version",
    }
    assert product.contracts[0].quality == Quality(completeness=0.95, accuracy=0.95)
    assert "spec.contracts[0].quality.completeness" in {found.path for found in product.inferred}


def test_an_scd2_table_loads_and_keeps_the_latest_row(bank_files: Mapping[str, bytes]) -> None:
    _, product = variant(bank_files, "scd2")
    payment, totals = product.tables

    assert payment.clean == {"currency": ("trim", "upper")}
    assert dict(walk(payment.columns))["payment_method.last_four"].classification == "confidential"
    assert (payment.source, totals.layer) == ("mysql.payments", "gold")
    assert product.access[1].rows == "status <> 'CANCELLED'"
    assert {found.path for found in product.unserved} == {
        "spec.access[1].purpose",
        "spec.sources.mysql",
        "spec.tables[0].history",
        "spec.tables[1].zorder",
        "spec.streams[0]",
        "spec.schedule.daily_totals",
        "spec.apis.kafka",
    }


def test_a_folder_without_a_mesh_file_is_named_after_itself(bank_files: Mapping[str, bytes]) -> None:
    files = {name: data for name, data in bank_files.items() if name != "mesh.yaml"}

    mesh = read_mesh(files, "/somewhere/harbour/").mesh

    assert mesh is not None
    assert mesh.name == "harbour"


def test_the_path_parameter_goes_before_the_first_id(shop: Callable[..., Reading]) -> None:
    schema = {
        "type": "object",
        "required": ["customer_id", "order_id"],
        "properties": {"customer_id": {"type": "integer"}, "order_id": {"type": "string"}},
    }

    by_id, by_path = (
        shop(schema=schema),
        shop(SPEC + '  apis: {rest: {endpoints: ["/orders/{order_id}"]}}\n', schema=schema),
    )

    assert by_id.mesh is not None
    assert by_path.mesh is not None
    assert by_id.mesh.products[0].tables[0].key == ("customer_id",)
    assert by_path.mesh.products[0].tables[0].key == ("order_id",)
