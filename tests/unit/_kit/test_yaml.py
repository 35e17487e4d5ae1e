"""Reading YAML: the core schema of YAML 1.2, places, and every hostile input that is known."""

import pytest

from weft._kit.place import Place, Unreadable
from weft._kit.yaml import MAX_BYTES, MAX_DEPTH, read


def rules(text: str) -> list[str]:
    return [fault.rule for fault in read(text.encode()).faults]


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(data)
    return caught.value.fault.rule


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-11-21", "2026-11-21"),
        ("~", None),
        ("", None),
        ("null", None),
        ("'true'", "true"),
        ('"10"', "10"),
        ("-5", -5),
        ("<<", "<<"),
        ("=", "="),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_says(written: str, value: object) -> None:
    found = read(f"a: {written}".encode()).value["a"]

    assert (found, type(found)) == (value, type(value))


def test_the_spelling_of_a_number_is_kept() -> None:
    assert read(b"version: 1.10").texts == {("version",): "1.10"}


def test_every_key_and_value_has_its_place() -> None:
    document = read(b"a:\n  - b: 1\n    c: {d: x}\n")

    assert document.keys["a", 0, "c", "d"] == Place(3, 9)
    assert document.values["a", 0, "c", "d"] == Place(3, 12)
    assert document.values["a", 0] == Place(2, 5)


def test_aliases_anchors_and_tags_are_all_found_at_once() -> None:
    assert rules("a: &x 1\nb: *x\nc: !!python/name:os.system 1\nd: ! y\n") == ["anchor", "alias", "tag", "tag"]


def test_duplicate_keys_are_found_at_the_second() -> None:
    fault = read(b"a: 1\nb: 2\na: 3\n").faults[0]

    assert (fault.rule, fault.place) == ("duplicate", Place(3, 1))
    assert "line 1" in fault.message


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"a: [1", "syntax"),
        (b"a: b: c", "syntax"),
        (b"\ta: 1", "syntax"),
        (b"a: \x00", "syntax"),
        (b"a: \xff", "encoding"),
        (b"? [a]\n: 1", "key"),
        (b"a: 1\n---\nb: 2", "documents"),
        (b"- " * 50_000, "depth"),
        (b"[" * 50_000, "depth"),
        (b"{a: " * 50_000, "depth"),
        (b"a: " + b"x" * MAX_BYTES, "size"),
        (b"- 1\n" * 60_000, "nodes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_rule(data: bytes, rule: str) -> None:
    assert refusal(data) == rule


def test_an_alias_bomb_stays_small() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 20)]

    assert read("\n".join(lines).encode()).value["a19"] == [None, None, None]


def test_depth_is_counted_to_the_limit() -> None:
    value = read(("[" * MAX_DEPTH + "]" * MAX_DEPTH).encode()).value

    assert refusal(("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).encode()) == "depth"
    assert value[0][0] is not None


def test_an_empty_file_is_nothing() -> None:
    assert read(b"").value is None
    assert read(b"# only a comment\n").value is None
