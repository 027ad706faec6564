"""The runner of pages finds commands, runs them, and sees whether a page still tells the truth."""

import os
from pathlib import Path

import pytest
from docs.tools.console_blocks import agrees, differences, masked, steps_of

PAGE = """Some text.

```console
$ echo one; echo two
one
two
$ printf '%s\\n' a \\
    b
a
b
```

```python
$ not a command
```
"""


def environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}


def test_commands_and_their_output_are_found() -> None:
    assert [(step.command, step.expected) for step in steps_of(PAGE)] == [
        ("echo one; echo two", ("one", "two")),
        ("printf '%s\\n' a \\\n    b", ("a", "b")),
    ]


def test_a_variable_of_one_command_is_known_to_the_next(tmp_path: Path) -> None:
    page = "```console\n$ NAME=Mali\n$ echo $NAME\nMali\n```\n"
    found, _ = differences(page, folder=tmp_path, environment=environment(tmp_path))
    assert found == []


def test_a_page_that_tells_the_truth_has_no_differences(tmp_path: Path) -> None:
    found, written = differences(PAGE, folder=tmp_path, environment=environment(tmp_path))
    assert found == []
    assert written == PAGE


def test_a_page_that_does_not_is_seen_and_can_be_written_anew(tmp_path: Path) -> None:
    stale = PAGE.replace("one\ntwo", "one").replace("a\nb\n", "a\nc\nd\n")
    found, written = differences(stale, folder=tmp_path, environment=environment(tmp_path))
    assert [difference.step.line for difference in found] == [4, 6]
    assert written == PAGE


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        (["a", "…", "d"], ["a", "b", "c", "d"]),
        (["a", "…"], ["a"]),
        (
            ["run 6f1c7a52-7e0b-4c58-9b6f-2f0a4f6f3a10"],
            ["run c2a9d8f0-64c4-4e0d-9b43-0f2f4f1d8b77"],
        ),
        (["at http://127.0.0.1:4001"], ["at http://127.0.0.1:52311"]),
        (["k1.tjQadTClKX0Wr_Unb72baA"], ["k1.AjQadTClKX0Wr_Unb72baB"]),
    ],
)
def test_what_differs_from_run_to_run_agrees(expected: list[str], printed: list[str]) -> None:
    assert agrees(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [(["a"], ["b"]), (["a", "…", "d"], ["a", "b"]), (["a"], ["a", "b"]), (["1 run"], ["2 run"])],
)
def test_another_output_does_not_agree(expected: list[str], printed: list[str]) -> None:
    assert not agrees(expected, printed)


def test_masks_say_what_was_there() -> None:
    assert masked("took 1.3 s at 2022-08-15T08:00:00+00:00  ") == "took <duration> at <instant>"
