"""Nothing is proven that the judge would refuse, and what is proven has the judge's very values."""

import json
from datetime import UTC, date, datetime

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weft.backends.engines.duckdb import DuckdbEngine
from weft.contracts.clean import STEPS
from weft.contracts.columns import arrow_schema, columns_of
from weft.contracts.quality import event_times
from weft.contracts.validator import compile_contract
from weft.model.errors import InvalidInput
from weft.model.product import Contract, Table
from weft.pipelines.columnar import measure
from weft.pipelines.columnar.grammar import grammar_of
from weft.pipelines.columnar.layout import learnt
from weft.pipelines.columnar.proof import is_readable, verdicts
from weft.pipelines.columnar.rows import Piece, listed, pieces
from weft.pipelines.columnar.schema import Unprovable

PAYMENT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["payment_id", "customer_id", "amount", "currency", "status", "created_at"],
    "properties": {
        "payment_id": {"type": "string", "format": "uuid"},
        "customer_id": {"type": "integer", "minimum": 1},
        "amount": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "status": {"type": "string", "enum": ["PENDING", "COMPLETED"]},
        "payment_method": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"type": "string", "enum": ["CARD", "ACH"]},
                "last_four": {"type": "string", "pattern": "^[0-9]{4}$"},
            },
        },
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": ["string", "null"], "format": "date-time"},
    },
}
PERSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "exclusiveMinimum": 0, "maximum": 10**6},
        "name": {"type": "string", "minLength": 2, "maxLength": 5},
        "score": {"type": ["number", "null"], "minimum": -1.5, "maximum": 100},
        "born": {"type": "string", "format": "date"},
        "active": {"type": "boolean"},
        "level": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
        "colour": {"type": ["string", "null"], "enum": ["red", "grün"]},
        "home": {"$ref": "#/$defs/place"},
        "tags": {"type": "array"},
    },
    "$defs": {"place": {"type": "object", "properties": {"zip": {"type": "string"}, "n": {"type": "integer"}}}},
}
GOOD_PAYMENT = {
    "payment_id": "6513270e-269e-4d37-a2a7-4de452e6b438",
    "customer_id": 7,
    "amount": 19.99,
    "currency": "EUR",
    "status": "PENDING",
    "payment_method": {"type": "CARD", "last_four": "0001"},
    "created_at": "2026-11-16T19:11:48Z",
    "updated_at": "2026-11-16T19:11:48.050631Z",
}
GOOD_PERSON = {
    "id": 5, "name": "Äna", "score": 1.5, "born": "2000-02-28", "active": True, "level": None, "colour": "red",
    "home": {"zip": "01234", "n": 3},
}  # fmt: skip
CONTRACTS = {"payment": (PAYMENT, GOOD_PAYMENT, {}), "person": (PERSON, GOOD_PERSON, {})}


class Rig:
    def __init__(self, schema, good, clean=None, key=()):
        columns = columns_of(schema)
        contract = Contract(name="c", version="1", schema=json.dumps(schema), path="c.json")
        table = Table(name="t", layer="silver", columns=columns, clean=clean or {}, key=key)
        self.contract = compile_contract(contract, table)
        self.columns, self.types = columns, arrow_schema(columns)
        steps = {path: tuple(STEPS[name] for name in names) for path, names in (clean or {}).items()}
        layout = learnt([json.dumps(good).encode()])
        self.grammar = grammar_of(schema, columns, layout, steps, key)
        assert is_readable(self.grammar, self.types)

    def judge(self, lines):
        """All lines of one piece; every verdict compared with the judge's."""
        asked = []

        def judge(raws):
            asked.extend(raws)
            return self.contract.check_many(raws)

        found = verdicts(listed(lines), self.grammar, self.types, judge, self.read)
        exact = [self.contract.check(line) for line in lines if line.strip()]
        assert found.raw.to_pylist() == [checked.raw for checked in exact]
        assert found.good.to_pylist() == [checked.good for checked in exact]
        by_line = dict(zip(found.lines.to_pylist(), exact, strict=True))
        expected = pa.Table.from_pylist(
            [dict(by_line[line].row) for line in found.row_lines.to_pylist()], schema=self.types
        )
        assert found.rows.to_pylist() == expected.to_pylist()
        assert found.bad == [(line, checked) for line, checked in by_line.items() if not checked.good]
        return found, asked

    def read(self, lines):
        return ENGINE.read_json(lines, self.types)


ENGINE = DuckdbEngine()
RIGS = {name: Rig(*parts) for name, parts in CONTRACTS.items()}


def line(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def test_a_plain_good_row_is_proven():
    for name, (_, good, _) in CONTRACTS.items():
        for spelled in (line(good), msgspec.json.encode(good), line(good) + b"\r"):
            found, asked = RIGS[name].judge([spelled])
            assert (found.proven, asked) == (1, [])


HOSTILE_VALUES = [
    None, True, False, 0, -0.0, 1, -1, 7.0, 7.5, 0.1, 0.005, 19.99, 1e2, 1e400, 2**53 + 1, 2**63, -(2**63), 10**18, 10**30,
    "", " ", "7", "USD", "USD\n", "usd", "US", "PENDING", "pending", "CARD", "x" * 6, "Ä", "ab", "abcdef", "\u0000", "\ud800",
    "a\tb", 'a"b', "a\\b", "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00",
    "2026-01-01T00:00:00+02:00", "2026-01-01T00:00:00-00:00", "2026-01-01T24:00:00Z", "2026-06-30T23:59:60Z",
    "2026-01-01t00:00:00z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00.5Z", "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00", "2026-01-01T00:00:00,5Z", "2026-1-1T0:0:0Z", "2000-02-28", "2000-02-29", "1900-02-29", "2000-13-01",
    "6513270E-269E-4D37-A2A7-4DE452E6B438", "6513270e269e4d37a2a74de452e6b438", "nope", [], {}, [1], {"type": "CARD"},
    {"type": "CARD", "last_four": "12345"}, {"type": "CARD", "last_four": "1234", "more": 1}, {"last_four": "1234"}, {"zip": "1", "n": 1.0},
    {"zip": None}, "red", "grün", "green", 99.99999999999999, 100, 100.00000000000001, -1.5, -1.50000000000000011, -0.25, 10**6, 10**6 + 1,
]  # fmt: skip
HOSTILE_TEXTS = [
    b"", b" ", b"\t", b"{}", b"[]", b"null", b"7", b'"x"', b"{", b"}", b"nonsense", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{}{}", b"{} x",
    b"NaN", b"\x00", b"{'a': 1}", b'{"a":1,}', b'{"payment_id":1,"payment_id":2}', b"//", b'{"a":"\xed\xa0\x80"}',
]  # fmt: skip
SPELLINGS = [
    (b'"customer_id": 7', b'"customer_id": 07'), (b'"customer_id": 7', b'"customer_id": +7'),
    (b'"customer_id": 7', b'"customer_id": 7e0'), (b'"customer_id": 7', b'"customer_id": -0'),
    (b'"customer_id": 7', b'"customer_id": 7 '), (b'"customer_id": 7', b'"customer_id":\t7'),
    (b'"customer_id": 7', b'"customer_id": 7, "customer_id": -7'), (b'"customer_id": 7', b'"customer\\u005fid": 7'),
    (b"19.99", b"19.990"), (b"19.99", b"19.990000000000000001"), (b"19.99", b"1.999e1"), (b"19.99", b"NaN"), (b"19.99", b"Infinity"),
    (b"19.99", b"1E400"), (b"19.99", b"0.00"), (b"19.99", b"-0.00"), (b"19.99", b"9999999999999999.99"), (b"19.99", b"99999999999999999.99"),
    (b"19.99", b".5"), (b"19.99", b"5."), (b"19.99", b"-0.01"), (b'"EUR"', b'"E\\u0055R"'), (b'"EUR"', b'"EU\xff"'), (b'"EUR"', b'"EUR\x00"'),
    (b'"EUR"', b"'EUR'"), (b'"EUR"', b'"EUR'), (b'"EUR"', b'"EUR"""'), (b"{", b"{ "), (b"}", b" }"), (b"}", b"}}"), (b"}", b",}"),
    (b'{"type"', b'{"x": {"y": 1}, "type"'), (b'{"type"', b'{"type": "ACH", "type"'), (b': "', b' : "'), (b'", "', b'" , "'),
    (b'"score": 1.5', b'"score": 1.50000000000000000000001'), (b'"score": 1.5', b'"score": 100.000000000000001'),
    (b'"score": 1.5', b'"score": -0'), (b'"score": 1.5', b'"score": -0.0'), (b'"score": 1.5', b'"score": -1.5000000000000001'),
    (b'"score": 1.5', b'"score": 1e-400'), (b'"score": 1.5', b'"score": 0.1000000000000000055'), (b'"active": true', b'"active": True'),
    (b'"active": true', b'"active": "true"'), (b'"level": null', b'"level": NULL'), (b'"colour": "red"', b'"colour": null'),
    (b'"n": 3', b'"n": 3.0'), (b'"n": 3', b'"n": 9223372036854775808'), (b'"n": 3', b'"n": null'), (b'"id": 5', b'"id": 0'),
    (b'"id": 5', b'"id": 1000000'), (b'"id": 5', b'"id": 1000001'), (b'"id": 5', b'"unknown": 1, "id": 5'),
]  # fmt: skip


@pytest.mark.parametrize("name", RIGS)
def test_every_hostile_value_in_every_field_gets_the_judges_verdict(name):
    good = CONTRACTS[name][1]
    lines = [line({**good, field: value}) for field in good for value in HOSTILE_VALUES]
    lines += [line({key: value for key, value in good.items() if key != field}) for field in good]
    lines += [line(dict(reversed(good.items()))), line({**good, "extra": 1}), line({**good, "extra": {"deep": [1]}})]
    found, _ = RIGS[name].judge(lines + HOSTILE_TEXTS)
    assert 0 < found.proven < len(lines)


@pytest.mark.parametrize("name", RIGS)
def test_every_odd_spelling_gets_the_judges_verdict(name):
    good = line(CONTRACTS[name][1])
    RIGS[name].judge([good.replace(old, new, 1) for old, new in SPELLINGS if old in good])


@pytest.mark.parametrize("name", RIGS)
def test_an_odd_row_does_not_cost_its_neighbours_their_proof(name):
    good = line(CONTRACTS[name][1])
    odd = [good.replace(old, new, 1) for old, new in SPELLINGS if old in good] + HOSTILE_TEXTS
    odd += [line({**CONTRACTS[name][1], field: value}) for field in CONTRACTS[name][1] for value in HOSTILE_VALUES[::5]]
    for one in odd:
        assert RIGS[name].judge([good, one, good])[0].proven >= 2, one


@pytest.mark.parametrize("spelled", [b'"E\\u0055R"', b'"\\u0045UR"', b'"EU\\/"'])
def test_a_text_with_an_escape_is_left_to_the_judge(spelled):
    row = line(GOOD_PAYMENT).replace(b'"EUR"', spelled)
    assert RIGS["payment"].judge([row])[1] == [row]


def values(rig_name):
    good = CONTRACTS[rig_name][1]
    texts = st.one_of(
        st.text(max_size=6),
        st.from_regex(r"[A-Z]{2,4}", fullmatch=True),
        st.sampled_from([v for v in HOSTILE_VALUES if isinstance(v, str)]),
    )
    times = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.isoformat() + "Z")
    days = st.dates(date(1, 1, 1)).map(str)
    numbers = st.one_of(st.integers(-(2**64), 2**64), st.floats(), st.decimals(-(10**6), 10**6, places=2).map(float))
    anything = st.one_of(texts, times, days, numbers, st.booleans(), st.none(), st.sampled_from(HOSTILE_VALUES))
    row = st.fixed_dictionaries(
        {}, optional={key: st.one_of(st.just(value), st.just(value), anything) for key, value in good.items()}
    )
    return st.lists(row, min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(found=st.one_of(*(st.tuples(st.just(name), values(name)) for name in RIGS)))
def test_whatever_comes_gets_the_judges_verdict(found):
    name, rows = found
    RIGS[name].judge([line(row) for row in rows])


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(list(RIGS)),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3)), max_size=3),
)
def test_bytes_changed_anywhere_get_the_judges_verdict(name, cuts):
    data = line(CONTRACTS[name][1])
    for place, new, gone in cuts:
        data = data[:place] + new.replace(b"\n", b"") + data[place + gone :]
    RIGS[name].judge([data])


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text("aB \t9€ß\u00a0", max_size=6), min_size=1, max_size=20))
def test_cleaned_texts_are_those_that_the_judge_cleans(texts):
    rig = Rig(
        {
            "type": "object",
            "properties": {
                "a": {"type": "string", "maxLength": 3},
                "o": {
                    "type": "object",
                    "properties": {"b": {"type": "string", "pattern": "^[A-Z ]*$"}, "c": {"type": "integer"}},
                },
            },
        },
        {"a": "x", "o": {"b": "x", "c": 1}},
        {"a": ("trim", "upper", "collapse"), "o.b": ("digits", "lower", "upper")},
    )
    rig.judge(
        [line({"a": text, "o": {"b": text[::-1], "c": 1}}) for text in texts] + [line({"a": "q"}), line({"o": {}})]
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"minProperties": 1}, {"allOf": [{"required": ["a"]}]}, {"if": {}, "then": {}}, {"patternProperties": {"^x": {}}},
        {"properties": {"a": {"type": "string", "format": "email"}}}, {"properties": {"a": {"type": "string", "pattern": r"\p{L}"}}},
        {"properties": {"a": {"type": "string", "pattern": "(?i)x"}}}, {"properties": {"a": {"type": "number", "multipleOf": 0.05}}},
        {"properties": {"a": {"type": "integer", "multipleOf": 3}}}, {"properties": {"a": {"type": "string", "not": {"const": "x"}}}},
        {"properties": {"a": {"type": "integer", "enum": [1, 2]}}}, {"additionalProperties": {"type": "string"}},
    ],
)  # fmt: skip
def test_a_rule_that_columns_cannot_show_proves_nothing(rule):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, **rule}
    with pytest.raises(Unprovable):
        grammar_of(schema, columns_of(schema), learnt([b'{"a": "x"}']))


KEYED = {
    "type": "object",
    "required": ["n", "note"],
    "properties": {
        "id": {"type": ["string", "null"]},
        "n": {"type": "integer"},
        "part": {"type": "string", "maxLength": 5000},
        "note": {"type": "string"},
    },
}
KEYS = [
    "",
    "a",
    "a" * 998,
    "a" * 999,
    "a" * 1001,
    "ä" * 600,
    "\U0001f600" * 300,
    "," * 600,
    "\\" * 600,
    "a\0b",
    "a" * 3000,
    None,
]


@pytest.mark.parametrize("key", [("id",), ("n", "id"), ("id", "part")])
@pytest.mark.parametrize("clean", [{}, {"id": ("upper",)}])
def test_a_key_that_no_store_can_hold_gets_the_judges_verdict(key, clean):
    good = {"id": "a", "n": 1, "part": "b", "note": "x" * 3000}
    rows = [{**good, "id": one, "part": other} for one in KEYS for other in ("b", "b" * 490, "b" * 1000)]
    rows += [{name: value for name, value in good.items() if name != gone} for gone in good]
    found, _ = Rig(KEYED, good, clean, key).judge([line(good), *map(line, rows), line({**good, "id": "ß" * 499})])
    assert found.proven >= 3
    assert {checked.defects[0].rule for _, checked in found.bad} >= {"storage"}


@pytest.mark.parametrize("key", [("o",), ("gone",), ("j",), tuple(f"c{n}" for n in range(11))])
def test_a_key_that_columns_cannot_show_proves_nothing(key):
    schema = {
        "type": "object",
        "properties": {"o": {"type": "object"}, "j": {"type": "array"}, "gone": {"type": "string"}}
        | {f"c{n}": {"type": "string"} for n in range(11)},
    }
    layout = learnt([json.dumps({"o": {}, "j": [], **{f"c{n}": "x" for n in range(11)}}).encode()])
    with pytest.raises(Unprovable):
        grammar_of(schema, columns_of(schema), layout, None, key)


def test_figures_are_those_of_counting_row_by_row():
    rig = RIGS["payment"]
    rows = [{**GOOD_PAYMENT, "updated_at": when} for when in (None, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    rows += [
        {key: value for key, value in GOOD_PAYMENT.items() if key not in gone}
        for gone in (("updated_at",), ("payment_method",))
    ]
    until = datetime(2026, 12, 31, tzinfo=UTC)
    found, _ = rig.judge([line(row) for row in rows])
    assert found.proven == len(rows)
    present, wanted, newest = rig.contract.count([rig.contract.check(line(row)) for row in rows], until=until)
    assert measure.presence(found.rows, rig.columns) == (present, wanted)
    assert measure.newest(found.rows, event_times(rig.columns), until) == newest


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_file_is_cut_into_all_of_its_lines(tmp_path, size, end):
    lines = [b"a" * n for n in (3, 0, 50, 1, 200)] + ["ü".encode()]
    (tmp_path / "f").write_bytes(b"\n".join(lines) + end)
    found = list(pieces(tmp_path / "f", size=size))
    assert [piece.line(index) for piece in found for index in range(piece.count)] == lines
    assert [piece.number(index) for piece in found for index in range(piece.count)] == [*range(1, len(lines) + 1)]


def test_a_line_beyond_all_bounds_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("weft.pipelines.columnar.rows.LONGEST", 64)
    (tmp_path / "f").write_bytes(b"short\n" + b"x" * 1000)
    with pytest.raises(InvalidInput, match="line 2 is longer than"):
        list(pieces(tmp_path / "f", size=16))


def test_rows_with_gaps_keep_their_numbers():
    good, bad = line(GOOD_PAYMENT), b'{"no": 1}'
    piece = Piece(raw=pa.array([good, bad, good], pa.binary()), numbers=pa.array([3, 7, 20]))
    rig = RIGS["payment"]
    found = verdicts(piece, rig.grammar, rig.types, rig.contract.check_many, rig.read)
    assert found.row_lines.to_pylist() == [3, 20]
    assert [number for number, _ in found.bad] == [7]


def test_a_row_with_line_breaks_of_its_own_is_judged_as_it_is():
    spread = json.dumps(GOOD_PAYMENT, indent=2).encode()
    found, asked = RIGS["payment"].judge([line(GOOD_PAYMENT), spread])
    assert (asked, found.rows.num_rows, found.raw[1].as_py()) == ([spread], 2, spread)
