"""Write json/ and asyncapi/ from the models and topic files: ``make schemas``.

``--release`` also makes today's schemas the baseline that later changes are compared with.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from schemas.tools.asyncapi import asyncapi
from schemas.tools.compatibility import contract_breaches
from schemas.tools.json_schemas import json_schema
from schemas.tools.topics import SCHEMAS, load_topics

ASYNCAPI_FILE = "asyncapi/hwb-rollover.yaml"
NOTE = "# Generated from hwb_schemas and topics/*.yaml by `make schemas`; do not edit.\n"


def generated() -> dict[str, str]:
    """The text of every generated file, by its path below ``schemas/``."""
    topics = load_topics()
    files = {
        f"json/{event}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for event, schema in current_schemas().items()
    }
    document = yaml.safe_dump(asyncapi(topics), sort_keys=False, allow_unicode=True, width=100)
    return {**files, ASYNCAPI_FILE: NOTE + document}


def current_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every event, by the model's name."""
    return {topic.value: json_schema(topic.model) for topic in load_topics()}


def main(arguments: list[str] | None = None) -> int:
    """Write the files; 1 where a change would break a reader of the released contract."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true", help="make this the baseline")
    options = parser.parse_args(arguments)

    found = contract_breaches(load_topics(), current_schemas())
    for breach in found:
        print(breach, file=sys.stderr)
    if found:
        print(
            "Nothing was written. Within v1 writers only add optional fields, and new values of "
            "open enumerations; anything else is a new event type beside the old one.",
            file=sys.stderr,
        )
        return 1

    files = generated()
    changed = [path for path, text in files.items() if _write(SCHEMAS / path, text)]
    stale = sorted(set(SCHEMAS.glob("json/*.json")) - {SCHEMAS / path for path in files})
    for path in stale:
        path.unlink()
    if options.release:
        for event in current_schemas():
            _write(SCHEMAS / f"baseline/{event}.json", files[f"json/{event}.json"])
    if any(path.startswith("json/") for path in changed):
        print("Schemas changed: deploy their consumers first, then their producers.")
    print(f"{len(changed)} of {len(files)} files written.")
    return 0


def _write(path: Path, text: str) -> bool:
    """Write what differs; gives whether it did."""
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return True


if __name__ == "__main__":
    sys.exit(main())
