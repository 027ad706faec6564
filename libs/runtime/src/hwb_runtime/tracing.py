"""W3C trace context, carried from the upload to the last event by hand.

The OpenTelemetry API checks the header; a span is one hop: a request or an event. Ids tell hops
apart and keep nothing secret, so the quick generator will do: one is made for every event.
"""

from contextvars import ContextVar
from random import getrandbits

from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_current: ContextVar[str | None] = ContextVar("hwb_traceparent", default=None)


def valid_traceparent(header: str | None) -> str | None:
    """The header if it is a valid one, else None."""
    if not header:
        return None
    context = _PROPAGATOR.extract({"traceparent": header})
    return header if get_current_span(context).get_span_context().is_valid else None


def next_traceparent(cause: str | None = None) -> str:
    """A new hop of the trace that caused it, of the present one, or of a new one."""
    cause = cause or _current.get()
    trace_id = cause[3:35] if cause else f"{getrandbits(128):032x}"
    return f"00-{trace_id}-{getrandbits(64):016x}-01"


def enter_trace(traceparent: str | None) -> str:
    """Make this (or, where there is none, a new trace) the present context; gives it back."""
    present = traceparent or next_traceparent()
    _current.set(present)
    return present


def trace_id_of(traceparent: str | None) -> str | None:
    """The 32 hexadecimal digits that logs show."""
    return traceparent[3:35] if traceparent else None
