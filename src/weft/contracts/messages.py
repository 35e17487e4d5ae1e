"""What a broken rule means, in a sentence for the person who sent the row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs as rs

from weft._kit.json_marks import pointer
from weft.model.row import Defect

_LONGEST = 60
_LONGEST_SENTENCE = 300
_MANY = 12
_FORMAT_EXAMPLES = {
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "date-time": "2026-11-21T10:00:00Z",
    "date": "2026-11-21",
    "time": "10:00:00Z",
    "email": "ana@example.com",
    "uri": "https://example.com/x",
    "ipv4": "192.0.2.1",
}


def defect_of(error: rs.ValidationError) -> Defect:
    """A validator's finding as a defect of the row: the keyword, the field, and a sentence."""
    rule = error.kind.name
    path = tuple(error.instance_path)
    kind: Any = error.kind
    if rule == "required":
        path = (*path, kind.property)
    return Defect(rule=rule, path=pointer(path), message=_sentence(rule, kind, error))


def shown(value: Any) -> str:
    """A value as it may stand in a sentence: as JSON, cut when long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


_LIMITS = {
    "minimum": "is less than",
    "maximum": "is more than",
    "exclusiveMinimum": "is not more than",
    "exclusiveMaximum": "is not less than",
}
_LENGTHS = {
    "minLength": ("has fewer than", "characters"),
    "maxLength": ("has more than", "characters"),
    "minItems": ("has fewer than", "items"),
    "maxItems": ("has more than", "items"),
}


def _sentence(rule: str, kind: Any, error: rs.ValidationError) -> str:
    value = shown(error.instance)
    if rule in _LIMITS:
        return f"{value} {_LIMITS[rule]} {kind.limit}"
    if rule in _LENGTHS:
        words, noun = _LENGTHS[rule]
        return f"{value} {words} {kind.limit} {noun}"
    write = _SENTENCES.get(rule)
    text = write(value, kind) if write else error.message
    return text if len(text) <= _LONGEST_SENTENCE else text[: _LONGEST_SENTENCE - 1] + "…"


def _format_sentence(value: str, name: str) -> str:
    example = _FORMAT_EXAMPLES.get(name)
    return f"{value} is no {name}" + (f", such as {example}" if example else "")


def _enum_sentence(value: str, kind: Any) -> str:
    return f"{value} is none of {', '.join(shown(option) for option in kind.options[:_MANY])}"


def _unexpected_sentence(_value: str, kind: Any) -> str:
    names = [f"`{name}`" for name in kind.unexpected[:_MANY]]
    return f"{', '.join(names)} {'is not a field' if len(names) == 1 else 'are not fields'} of this contract"


_SENTENCES: Mapping[str, Callable[[str, Any], str]] = {
    "required": lambda _, kind: f"`{kind.property}` is missing",
    "type": lambda value, kind: f"{value} is no {' or '.join(kind.types)}",
    "enum": _enum_sentence,
    "const": lambda value, kind: f"{value} is not {shown(kind.expected_value)}",
    "pattern": lambda value, kind: f"{value} does not match {kind.pattern}",
    "format": lambda value, kind: _format_sentence(value, kind.format),
    "multipleOf": lambda value, kind: f"{value} is not a multiple of {kind.multiple_of}",
    "additionalProperties": _unexpected_sentence,
}
