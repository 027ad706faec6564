"""The pages that Kubernetes and Prometheus read; every process has them."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Response

from hwb_runtime.metrics import CONTENT_TYPE_LATEST, generate_latest


def health_router(*, alive: Callable[[], bool], ready: Callable[[], bool]) -> APIRouter:
    """``/healthz``: is it worth keeping; ``/readyz``: can it work now; ``/metrics``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        return _answer("alive" if alive() else "stuck", good=alive())

    @router.get("/readyz")
    async def readyz() -> Response:
        return _answer("ready" if ready() else "not ready", good=ready())

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def health_app(*, alive: Callable[[], bool], ready: Callable[[], bool]) -> FastAPI:
    """An application of the health pages alone, for a worker."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health_router(alive=alive, ready=ready))
    return app


def _answer(text: str, *, good: bool) -> Response:
    return Response(text, status_code=200 if good else 503, media_type="text/plain")
