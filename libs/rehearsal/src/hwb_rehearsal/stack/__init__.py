"""The one-machine stack: broker, PostgreSQL, services, emulators and mailbox as own processes."""

from hwb_rehearsal.stack.clock import RehearsalClock
from hwb_rehearsal.stack.errors import StackError
from hwb_rehearsal.stack.metrics import Sample, parse_metrics, total
from hwb_rehearsal.stack.options import SERVICES, StackOptions
from hwb_rehearsal.stack.postgres import Postgres, PostgresError, start_postgres
from hwb_rehearsal.stack.process import StackProcess
from hwb_rehearsal.stack.stack import Stack

__all__ = [
    "SERVICES",
    "Postgres",
    "PostgresError",
    "RehearsalClock",
    "Sample",
    "Stack",
    "StackError",
    "StackOptions",
    "StackProcess",
    "parse_metrics",
    "start_postgres",
    "total",
]
