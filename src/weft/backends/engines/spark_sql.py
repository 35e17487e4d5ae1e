"""Spark SQL, the dialect that models are written in, put into DuckDB's words; what would answer differently is refused.

The meaning is that of Spark 4 with ANSI on. SQLGlot translates; this file repairs what it gets wrong and refuses, by name,
what has no equal. SQLGlot's optimizer is never run on what is executed: it may change meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlglot import exp
from sqlglot.expressions.core import Expression

from weft.model.errors import InvalidInput
from weft.model.select import read_select

PRELUDE = (
    """CREATE MACRO spark_whole(x) AS CASE
       WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CAST(trunc(TRY_CAST(x AS DOUBLE)) AS BIGINT)
       WHEN typeof(x) = 'VARCHAR' AND regexp_matches(CAST(x AS VARCHAR), '[.eE]') THEN error('no whole number')
       WHEN starts_with(typeof(x), 'DECIMAL') THEN CAST(trunc(TRY_CAST(x AS DECIMAL(38, 10))) AS BIGINT)
       ELSE CAST(x AS BIGINT) END""",
    "CREATE MACRO spark_divide(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a / b END",
    "CREATE MACRO spark_div(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a // b END",
    "CREATE MACRO spark_mod(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE a % b END",
    r"""CREATE MACRO spark_text(x) AS regexp_replace(CAST(x AS VARCHAR),
       CASE WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN '\+00$' ELSE '^$' END, '')""",
    "CREATE MACRO spark_months(d, n) AS CAST(CAST(d AS DATE) + to_months(CAST(n AS INTEGER)) AS DATE)",
)
"""Functions that DuckDB lacks, made in every connection."""

WHOLE = (exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT)
DATE_PATTERN = re.compile(r"(?:%Y|%[mdHMS]strict|[-/:., ])*")
DEFAULT_PATTERN = "%Y-%mstrict-%dstrict %Hstrict:%Mstrict:%Sstrict"
"""As SQLGlot keeps Spark's patterns; `strict` marks digits that must be there."""
TRUNC_UNITS = {
    "YEAR": "year", "YYYY": "year", "YY": "year", "QUARTER": "quarter", "MONTH": "month", "MM": "month", "MON": "month",
    "WEEK": "week",
}  # fmt: skip
Fix = Callable[[Expression], Expression]

REFUSED: Mapping[type, str] = {
    exp.AtTimeZone: "conversion between time zones",
    exp.FromTimeZone: "conversion between time zones",
    exp.ConvertTimezone: "conversion between time zones",
    exp.MonthsBetween: "months_between()",
    exp.Rand: "rand()",
    exp.Uuid: "uuid()",
    exp.FromJson: "from_json()",
    exp.Initcap: "initcap()",
    exp.Skewness: "skewness()",
    exp.Kurtosis: "kurtosis()",
    exp.Soundex: "soundex()",
    exp.Overlay: "overlay()",
    exp.Mode: "mode()",
    exp.Pivot: "PIVOT",
    exp.TableSample: "TABLESAMPLE",
    exp.TimestampFromParts: "make_timestamp()",
    exp.StrToTime: "to_timestamp() with a pattern",
    exp.Format: "format_string()",
}
"""What differs in a way that nobody would see."""


def translated(sql: str) -> str:
    """A model's SELECT in DuckDB's words; InvalidInput names what cannot be said in them."""
    return read_select(sql, "spark").transform(_fixed).sql("duckdb")


def _fixed(node: Expression) -> Expression:
    for kind, what in REFUSED.items():
        if isinstance(node, kind):
            raise _refusal(what)
    fix = FIXES.get(type(node))
    return fix(node) if fix else node


def _refusal(what: str) -> InvalidInput:
    return InvalidInput(f"{what} means something else on another engine", hint="write it with other functions")


def _call(name: str, *arguments: Expression) -> Expression:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _cast(node: Expression) -> Expression:
    """Casts fail loudly, cut fractions off, and write times without a zone, as Spark's do."""
    target: exp.DataType = node.args["to"]
    if node.args.get("safe"):
        return exp.TryCast(this=node.this, to=target)
    if target.this in WHOLE:
        return exp.Cast(this=_call("spark_whole", node.this), to=target)
    if target.is_type(exp.DataType.Type.TEXT):
        return _call("spark_text", node.this)
    return exp.Cast(this=node.this, to=target)


def _int_or_cast(node: Expression) -> Expression:
    """`int(x)` and its like; and `to_timestamp(x)`, which SQLGlot takes for a time without a zone."""
    target: exp.DataType = node.args["to"]
    if target.this in WHOLE:
        already = isinstance(node.this, exp.Anonymous) and node.this.name == "spark_whole"
        return node if already else _cast(node)
    if target.this == exp.DataType.Type.TIMESTAMP:
        return exp.Cast(this=node.this, to=exp.DataType.build("timestamptz"))
    return node


def _as_date(node: Expression) -> Expression:
    if isinstance(node.parent, exp.Cast) and node.parent.is_type("date"):
        return node
    return exp.Cast(this=node.copy(), to=exp.DataType.build("date"))


def _truncated(node: Expression) -> Expression:
    unit = TRUNC_UNITS.get(node.args["unit"].name.upper())
    if unit is None:
        raise _refusal(f"trunc({node.args['unit'].name})")
    node.set("unit", exp.Literal.string(unit))
    return _as_date(node)


def _day_of_week(node: Expression) -> Expression:
    """Spark counts the days of the week from 1, DuckDB from 0; both begin on Sunday."""
    return exp.Paren(this=exp.Add(this=_call("dayofweek", node.this), expression=exp.Literal.number(1)))


def _short_name(node: Expression) -> Expression:
    name = "dayname" if isinstance(node, exp.Dayname) else "monthname"
    return _call("left", _call(name, node.this), exp.Literal.number(3))


def _full_units(node: Expression) -> Expression:
    """Spark counts full units, DuckDB's `date_diff` boundaries; at the end of a month the two disagree in any case."""
    unit = node.args["unit"].name.lower()
    if unit not in {"microsecond", "millisecond", "second", "minute", "hour", "day", "week"}:
        raise _refusal(f"timestampdiff({unit})")
    return _call("date_sub", exp.Literal.string(unit), node.expression, node.this)


def _divided(name: str) -> Fix:
    return lambda node: _call(name, node.this, node.expression)


def _substring(node: Expression) -> Expression:
    """Spark takes a start of 0 for 1."""
    start = node.args.get("start")
    if isinstance(start, exp.Literal) and start.name == "0":
        node.set("start", exp.Literal.number(1))
    return node


def _whole_part(node: Expression) -> Expression:
    if node.args.get("decimals"):
        raise _refusal("floor() and ceil() to a digit")
    if isinstance(node.parent, exp.Cast):
        return node
    return exp.Cast(this=node.copy(), to=exp.DataType.build("bigint"))


def _exact_count(node: Expression) -> Expression:
    """An exact answer is a good approximation, and the same on every engine."""
    return exp.Count(this=exp.Distinct(expressions=[node.this]))


def _percentile(node: Expression) -> Expression:
    name = "quantile_disc" if isinstance(node, exp.ApproxQuantile) else "quantile_cont"
    return _call(name, node.this, node.args["quantile"])


def _seconds(node: Expression) -> Expression:
    if isinstance(node.args.get("format"), exp.Literal) and node.args["format"].name != DEFAULT_PATTERN:
        raise _refusal("unix_timestamp() with a pattern")
    moment = exp.Cast(this=node.this, to=exp.DataType.build("timestamptz"))
    return exp.Cast(this=_call("epoch", moment), to=exp.DataType.build("bigint"))


def _pattern(node: Expression) -> Expression:
    form = node.args.get("format")
    if form is not None and not (isinstance(form, exp.Literal) and DATE_PATTERN.fullmatch(form.name)):
        raise _refusal("a date pattern beyond years, months, days, hours, minutes and seconds")
    return node


def _sha(node: Expression) -> Expression:
    if node.args.get("length") is not None and node.args["length"].name not in {"256", "0"}:
        raise _refusal("sha2() of other lengths than 256")
    return node


def _replacement(node: Expression) -> Expression:
    if any(mark in node.args["replacement"].name for mark in ("$", "\\")) or not isinstance(
        node.args["replacement"], exp.Literal
    ):
        raise _refusal("regexp_replace() with groups")
    return node


def _extract(node: Expression) -> Expression:
    if node.this.name.upper() not in {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE"}:
        raise _refusal(f"extract({node.this.name})")
    return node


def _unknown(node: Expression) -> Expression:
    """A function that SQLGlot does not know is one that nobody has compared."""
    name = node.name.lower()
    if name in OURS or name in PLAIN:
        return node
    if name == "weekday":
        (day,) = node.expressions
        return exp.Paren(this=exp.Sub(this=_call("isodow", day), expression=exp.Literal.number(1)))
    if name == "pmod":
        a, b = node.expressions
        inner = exp.Add(this=_call("spark_mod", a, b), expression=b.copy())
        return _call("spark_mod", exp.Paren(this=inner), b.copy())
    raise _refusal(f"{name}()")


OURS = frozenset(
    ["spark_whole", "spark_divide", "spark_div", "spark_mod", "spark_text", "spark_months", "dayofweek", "dayname",
     "monthname", "left", "date_sub", "quantile_disc", "quantile_cont", "epoch", "isodow"]
)  # fmt: skip
PLAIN = frozenset(["log10", "log2", "sqrt", "cbrt", "degrees", "radians", "bool_and", "regr_slope", "ascii"])
"""Functions that SQLGlot hands through and that both engines answer alike."""

FIXES: Mapping[type, Fix] = {
    exp.TryCast: _cast,
    exp.Cast: _int_or_cast,
    exp.TsOrDsAdd: _as_date,
    exp.DateFromUnixDate: _as_date,
    exp.DateTrunc: _truncated,
    exp.AddMonths: lambda node: _call("spark_months", node.this, node.expression),
    exp.DayOfWeek: _day_of_week,
    exp.Dayname: _short_name,
    exp.Monthname: _short_name,
    exp.TimestampDiff: _full_units,
    exp.Div: _divided("spark_divide"),
    exp.IntDiv: _divided("spark_div"),
    exp.Mod: _divided("spark_mod"),
    exp.Substring: _substring,
    exp.Floor: _whole_part,
    exp.Ceil: _whole_part,
    exp.ApproxDistinct: _exact_count,
    exp.ApproxQuantile: _percentile,
    exp.Quantile: _percentile,
    exp.StrToUnix: _seconds,
    exp.TimeToStr: _pattern,
    exp.TsOrDsToDate: _pattern,
    exp.UnixToStr: _pattern,
    exp.SHA2: _sha,
    exp.RegexpReplace: _replacement,
    exp.Extract: _extract,
    exp.Anonymous: _unknown,
}
