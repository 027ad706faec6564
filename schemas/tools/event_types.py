"""Every CloudEvents type that the contract knows, found from the models and their words."""

from collections.abc import Iterable

from schemas.tools.topics import load_topics

from hwb_schemas import words
from hwb_schemas.topics import Topic

_VERBS: dict[str, tuple[str, ...]] = {
    "RecordChanged": ("changed",),
    "ClassChanged": ("changed",),
    "RunSettled": ("settled",),
}
_VERB_WORDS: dict[str, Iterable[words.OpenEnum]] = {
    "RunChanged": words.RunChange,
    "AccountChanged": words.AccountChange,
    "GroupChanged": words.GroupChange,
    "CaseChanged": words.CaseChange,
}


def verbs(topic: Topic) -> tuple[str, ...]:
    """The past verbs of a topic's event types."""
    if topic.value in _VERBS:
        return _VERBS[topic.value]
    return tuple(word.value for word in _VERB_WORDS[topic.value] if word.value != "unknown")


def event_types(topic: Topic) -> list[str]:
    """The CloudEvents types on a topic; a case is raised by any of its producers."""
    model = topic.model
    services = topic.producers if model.service == "any" else (model.service,)
    return [
        f"wales.hwb.{service}.{model.noun}.{verb}.v1"
        for service in services
        for verb in verbs(topic)
    ]


def all_event_types() -> dict[str, Topic]:
    """Each type with its topic."""
    return {name: topic for topic in load_topics() for name in event_types(topic)}
