"""Additions to an application's OpenAPI document, made when somebody first asks for it."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI


def amend_openapi(app: FastAPI, amend: Callable[[dict[str, Any]], None]) -> None:
    """Let ``amend`` change the document once, after whatever was to change it before."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        document = plain()
        if is_new:
            amend(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it
