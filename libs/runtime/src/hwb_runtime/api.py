"""What every API of ours has: problems, trace context, health pages, an OpenAPI with both."""

import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from hwb_runtime.auth import Callers
from hwb_runtime.health import health_router
from hwb_runtime.metrics import histogram
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import document_problems
from hwb_runtime.problems import ProblemError, answer_problems
from hwb_runtime.tracing import enter_trace, next_traceparent, valid_traceparent

__all__ = ["ProblemError", "create_api"]

REQUESTS = histogram("hwb_request_seconds", "Duration of requests", ("method", "route", "status"))


def create_api(
    platform: Platform, *, title: str, description: str, callers: Callers | None = None
) -> FastAPI:
    """A FastAPI application; the platform is at ``app.state.platform``.

    ``callers`` is for a service that knows more callers than the platform does.
    """
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url="/docs",
        redoc_url=None,
    )
    app.state.platform = platform
    app.state.callers = callers or platform.callers
    answer_problems(app)
    document_problems(app)
    app.include_router(health_router(alive=lambda: True, ready=lambda: True))

    @app.middleware("http")
    async def trace(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        cause = valid_traceparent(request.headers.get("traceparent"))
        traceparent = enter_trace(next_traceparent(cause))
        began = time.monotonic()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "none")
        labels = (request.method, route, str(response.status_code))
        REQUESTS.labels(*labels).observe(time.monotonic() - began)
        response.headers["traceparent"] = traceparent
        return response

    return app
