"""Errors as callers see them: problem+json (RFC 9457), saying what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from hwb_runtime.errors import TransientError

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """The body of every answer that is not a success."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class ProblemError(Exception):
    """An answer other than success. ``code`` is for programs, title and detail are for people."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        title: str,
        detail: str,
        extra: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.extra = extra or {}
        self.headers = headers or {}


def answer_problems(app: FastAPI) -> None:
    """Make the application answer every error as problem+json."""

    async def problem(_: Request, error: ProblemError) -> JSONResponse:
        answer = _answer(error.status, error.code, error.title, error.detail, error.extra)
        answer.headers.update(error.headers)
        return answer

    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            {"where": ".".join(str(step) for step in fault["loc"]), "what": fault["msg"]}
            for fault in error.errors()
        ]
        detail = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults[:5])
        title = "A value in the request is not valid"
        return _answer(422, "invalid_request", title, detail, {"errors": faults})

    async def http(request: Request, error: HTTPException) -> JSONResponse:
        title = {404: "There is nothing here", 405: "This cannot be done here"}.get(
            error.status_code, "The request was refused"
        )
        detail = f"{request.method} on this address: {error.detail}."
        answer = _answer(error.status_code, "http_error", title, detail, {})
        answer.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(sorted(_methods_at(request)))
        return answer

    async def away(_: Request, error: TransientError) -> JSONResponse:
        detail = f"Nothing was changed. Try again in a moment ({type(error).__name__})."
        answer = _answer(503, "try_again", "The database is away for the moment", detail, {})
        answer.headers["Retry-After"] = "2"
        return answer

    async def fault(_: Request, error: Exception) -> JSONResponse:
        detail = f"The fault is ours and has been noted ({type(error).__name__}). Try again later."
        return _answer(500, "internal_fault", "Something went wrong here", detail, {})

    app.add_exception_handler(ProblemError, problem)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, http)  # type: ignore[arg-type]
    app.add_exception_handler(TransientError, away)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, fault)  # raised on, so that the server logs it


def _methods_at(request: Request) -> set[str]:
    """What can be done at this address: Starlette names the methods of its first route alone."""
    return {
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }


def _answer(status: int, code: str, title: str, detail: str, extra: dict[str, Any]) -> JSONResponse:
    body = {
        "type": f"urn:hwb:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


__all__ = ["MEDIA_TYPE", "Problem", "ProblemError", "answer_problems"]
