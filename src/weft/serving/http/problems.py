"""Errors as RFC 9457 problems: the one table from our errors to HTTP's statuses."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from weft.model import errors
from weft.serving.http.answer import Answer, Headers

MEDIA = b"application/problem+json"

STATUSES: tuple[tuple[type[errors.WeftError], int], ...] = (
    (errors.TooLarge, 413),
    (errors.InvalidInput, 400),
    (errors.Unauthenticated, 401),
    (errors.Denied, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Unavailable, 503),
    (errors.Environment, 503),
    (errors.Corrupt, 500),
    (errors.WeftError, 500),
)
"""Read from the top; the first that fits holds."""


class Refusal(Exception):
    """What HTTP forbids before anyone is asked: no such path, no such method there, too much of something."""

    def __init__(self, status: int, detail: str, *, headers: Headers = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    trace: str = ""


class OAuthProblem(Problem, frozen=True, kw_only=True):
    """The same with the word that OAuth clients look for (RFC 6749, 5.2)."""

    error: str


def status_of(error: errors.WeftError) -> int:
    """The HTTP status of an error of ours."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def problem_of(error: errors.WeftError, trace: str) -> Answer:
    """An error of ours as an answer. What went wrong inside the house stays inside: its callers get the trace to ask with."""
    status = status_of(error)
    detail = error.message if status < HTTPStatus.INTERNAL_SERVER_ERROR or error.retryable else "something broke inside"
    headers: Headers = ()
    if status == HTTPStatus.UNAUTHORIZED:
        headers = ((b"www-authenticate", b'Bearer realm="weft"'),)
    elif error.retryable:
        headers = ((b"retry-after", b"1"),)
    hint = error.hint if detail == error.message else f"look for trace {trace} in the log"
    answer = _answer(status, detail, error.code, hint, trace, headers)
    return replace(answer, close=isinstance(error, errors.TooLarge))  # its body is still on the way


def problem_of_http(refusal: Refusal, trace: str) -> Answer:
    """The same for what HTTP forbids."""
    code = f"WEFT-{refusal.status}0"
    return _answer(refusal.status, refusal.detail, code, "see /openapi.json", trace, refusal.headers)


def oauth_problem(error: errors.WeftError, trace: str) -> Answer:
    """An error of the token endpoint."""
    status = status_of(error)
    word = "invalid_client" if isinstance(error, errors.Unauthenticated) else "invalid_request"
    problem = OAuthProblem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.message,
        code=error.code,
        hint=error.hint,
        trace=trace,
        error=word,
    )
    return Answer(msgspec.json.encode(problem), status=status, media=MEDIA)


def problem_inside(trace: str) -> Answer:
    """A failure that nobody foresaw: the log has its text, the caller has its trace."""
    return _answer(500, "something broke inside", "WEFT-0000", f"look for trace {trace} in the log", trace, ())


def _answer(status: int, detail: str, code: str, hint: str, trace: str, headers: Headers) -> Answer:
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, hint=hint, trace=trace)
    return Answer(msgspec.json.encode(problem), status=status, media=MEDIA, headers=headers)
