"""The topic files, read and validated, for the generator and the contract tests."""

from pathlib import Path

import yaml

from hwb_schemas.topics import Topic, topic_files

SCHEMAS = Path(__file__).parents[1]


def load_topics() -> list[Topic]:
    """Every topic, by name."""
    return [Topic.model_validate(yaml.safe_load(path.read_text())) for path in topic_files()]
