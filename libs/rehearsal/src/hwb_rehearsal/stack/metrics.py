"""Reads a process's ``/metrics``: Prometheus's text format, as far as this system writes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric."""

    name: str
    labels: dict[str, str]
    value: float


def parse_metrics(text: str) -> list[Sample]:
    """Every sample of a ``/metrics`` page."""
    return list(_samples(text))


def total(samples: list[Sample], name: str, **labels: str) -> float:
    """The sum of a metric over all label values, or over those that agree with these."""
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def _samples(text: str) -> Iterator[Sample]:
    for line in text.splitlines():
        if (found := SAMPLE.match(line)) is not None:
            labels = dict(LABEL.findall(found["labels"] or ""))
            yield Sample(found["name"], labels, float(found["value"]))
