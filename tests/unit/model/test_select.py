"""The sources of a SELECT: each table where it stands, names of a WITH only where they reach, and nothing dropped."""

from __future__ import annotations

import pytest

from weft.model.errors import TooLarge
from weft.model.select import LONGEST, NoSelect, read_select, sources


def named(sql: str, dialect: str = "duckdb") -> list[str]:
    return sorted(source.spelled for source in sources(read_select(sql, dialect)))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", []),
        ("SELECT * FROM a", ["a"]),
        ("FROM a", ["a"]),
        ("TABLE a", ["a"]),
        ("SELECT * FROM a, p.b JOIN c USING (x)", ["a", "c", "p.b"]),
        ("SELECT * FROM (a)", ["a"]),
        ("SELECT * FROM (a JOIN b USING (x))", ["a", "b"]),
        ("SELECT * FROM a POSITIONAL JOIN b", ["a", "b"]),
        ("SELECT * FROM a UNION SELECT * FROM b EXCEPT (SELECT * FROM c INTERSECT SELECT * FROM d)", list("abcd")),
        ("SELECT * FROM (SELECT * FROM a) x", ["a"]),
        ("SELECT (SELECT max(n) FROM a) FROM b", ["a", "b"]),
        ("SELECT * FROM a WHERE EXISTS (FROM b) AND n IN (SELECT n FROM c)", ["a", "b", "c"]),
        ("SELECT n FROM a GROUP BY n HAVING n > (SELECT 1 FROM b) ORDER BY (SELECT 1 FROM c)", ["a", "b", "c"]),
        ("SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.n = a.n) x", ["a", "b"]),
        ("SELECT * FROM a, LATERAL unnest(a.n) u(x)", ["a"]),
        ("SELECT * FROM (VALUES (1)) v(x), unnest([1]) u(y)", []),
        ('SELECT * FROM "payments-data-product".payment', ["payments-data-product.payment"]),
        ("SELECT * FROM t AS a, t AS b", ["t", "t"]),
    ],
)
def test_every_table_is_found_wherever_it_stands(sql: str, expected: list[str]) -> None:
    assert named(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("WITH x AS (SELECT * FROM a) SELECT * FROM x", ["a"]),
        ("WITH x AS (SELECT * FROM x) SELECT * FROM x", ["x"]),
        ('WITH X AS (SELECT 1) SELECT * FROM x, "x"', []),
        ("WITH x AS (SELECT 1) SELECT * FROM p.x", ["p.x"]),
        ("WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y", []),
        ("WITH y AS (SELECT * FROM x), x AS (SELECT 1) SELECT * FROM y", ["x"]),
        ("SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) s, x", ["x"]),
        ("(WITH x AS (SELECT 1) SELECT * FROM x) UNION SELECT * FROM x", ["x"]),
        ("WITH x AS (SELECT 1) SELECT * FROM x UNION SELECT * FROM x", []),
        ("WITH x AS (WITH y AS (SELECT * FROM a) SELECT * FROM y) SELECT * FROM x, y", ["a", "y"]),
        ("WITH x AS (WITH x AS (SELECT * FROM x) SELECT * FROM x) SELECT * FROM x", ["x"]),
        ("WITH x AS (SELECT 1) SELECT (SELECT max(n) FROM x) FROM a WHERE EXISTS (FROM x)", ["a"]),
        ("WITH x AS (SELECT 1) SELECT * FROM a, LATERAL (SELECT * FROM x) l", ["a"]),
        ("WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT * FROM x) SELECT * FROM x", []),
        ("WITH Ä AS (SELECT 1) SELECT * FROM ä", ["ä"]),
        ('WITH "\u212a" AS (SELECT 1) SELECT * FROM k', ["k"]),
    ],
)
def test_a_name_of_a_with_hides_a_table_only_where_it_reaches(sql: str, expected: list[str]) -> None:
    assert named(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM a.b", ("a", "b")),
        ("SELECT * FROM a.b.c", ("a", "b", "c")),
        ('SELECT * FROM "a.b"', ("a.b",)),
        ('SELECT * FROM "a.b".c', ("a.b", "c")),
        ('SELECT * FROM "A ""b"', ('A "b',)),
        ("SELECT * FROM 'a.parquet'", ("a.parquet",)),
        ("SELECT * FROM a.b.c.d", ()),
        ("SELECT * FROM read_parquet('x')", ()),
        ("SELECT * FROM main.read_text('x')", ()),
        ("SELECT * FROM LATERAL read_parquet('x')", ()),
        ("SELECT 1 AS n JOIN LATERAL read_parquet('x') ON true", ()),
        ("SELECT * FROM range(3)", ()),
    ],
)
def test_a_source_is_told_by_the_parts_of_its_name_and_a_call_has_none(sql: str, expected: tuple[str, ...]) -> None:
    assert [source.parts for source in sources(read_select(sql, "duckdb"))] == [expected]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM (DESCRIBE t)",
        "SELECT * FROM (SUMMARIZE t)",
        "WITH x AS (DESCRIBE t) SELECT * FROM x",
        "WITH x AS (SUMMARIZE t) SELECT * FROM x",
        "SELECT * FROM (PIVOT t ON n)",
    ],
)
def test_what_stands_for_a_query_and_is_none_is_a_source_without_a_name(sql: str) -> None:
    assert () in [source.parts for source in sources(read_select(sql, "duckdb"))]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT * FROM `payments-data-product`.`payment` p JOIN own o ON o.id = p.id",
            ["own", "payments-data-product.payment"],
        ),
        ("WITH own AS (SELECT * FROM own) SELECT * FROM own", ["own"]),
        ("SELECT c FROM a LATERAL VIEW explode(list) e AS c", ["a"]),
        ("SELECT c FROM a LATERAL VIEW OUTER posexplode(list) e AS i, c", ["a"]),
        ("FROM a SELECT n", ["a"]),
        ("SELECT * FROM VALUES (1) AS v(x)", []),
        ("SELECT * FROM range(3)", [""]),
        ("SELECT * FROM parquet.`/etc/x`", ["parquet./etc/x"]),
        ("SELECT * FROM `a.b`.`c`", ["a.b.c"]),
    ],
)
def test_models_in_spark_sql_are_read_alike(sql: str, expected: list[str]) -> None:
    assert named(sql, "spark") == expected


@pytest.mark.parametrize(
    ("sql", "line", "words"),
    [
        ("SELECT a\nFROM (b", 2, "cannot be read"),
        ("SELECT 'a", 1, "cannot be read"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, 1, "too deep"),
        ("", 0, "0 statements"),
        ("SELECT 1; SELECT 2", 0, "2 statements"),
        ("DROP TABLE t", 0, "a DROP"),
        ("SUMMARIZE t", 0, "a SUMMARIZE"),
        ("(t)", 0, "a PAREN"),
    ],
)
def test_anything_but_one_select_is_refused_with_its_place(sql: str, line: int, words: str) -> None:
    with pytest.raises(NoSelect, match=words) as caught:
        read_select(sql, "duckdb")
    assert caught.value.line == line


def test_a_text_has_an_end() -> None:
    with pytest.raises(TooLarge):
        read_select("SELECT '" + "x" * LONGEST + "'", "duckdb")


def test_a_table_under_another_name_is_still_called_as_before() -> None:
    query = read_select('SELECT "b".n FROM a.b JOIN c AS d ON d.n = b.n', "duckdb").copy()

    for source in list(sources(query)):
        source.point_to(f"{source.parts[-1]}_new")

    assert query.sql("duckdb") == 'SELECT "b".n FROM "b_new" AS "b" JOIN "c_new" AS d ON d.n = b.n'


def test_thousands_of_names_are_no_trouble() -> None:
    names = ", ".join(f"x{n} AS (FROM x{n - 1})" for n in range(1, 2500))

    assert named(f"WITH {names} FROM x2499") == ["x0"]
