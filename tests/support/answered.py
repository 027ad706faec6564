"""What the APIs answered in this process, against what their OpenAPI documents say they answer.

Every answer is counted for the metrics; so each test of an API also says which answers there are.
"""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from tests.support.access import api_on_paper, operations_of

from hwb_groups.bootstrap import SERVICE as GROUPS
from hwb_identity.bootstrap import SERVICE as IDENTITY
from hwb_mis_ingest.bootstrap import SERVICE as MIS_INGEST
from hwb_notifier.bootstrap import SERVICE as NOTIFIER

ON_PAPER = "500"
"""What an API without a database answers to whoever is let in."""


def undocumented_answers() -> list[str]:
    """Method, path and status of each answer that no document has."""
    documented: dict[tuple[str, str], set[str]] = {}
    for service in (MIS_INGEST, IDENTITY, GROUPS, NOTIFIER):
        app = api_on_paper(service)
        paths = app.openapi()["paths"]
        for method, path in operations_of(app):
            answers = paths[path.replace(":path", "")][method.lower()]["responses"]
            documented.setdefault((method, path), set()).update(answers)
    return sorted(
        f"{method} {path}: {status}"
        for method, path, status in _answered()
        if status not in {*documented.get((method, path), {status}), ON_PAPER}
    )


def _answered() -> Iterator[tuple[str, str, str]]:
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "hwb_request_seconds_count":
                yield sample.labels["method"], sample.labels["route"], sample.labels["status"]
