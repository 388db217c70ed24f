"""What can be subscribed to."""

from pathlib import Path

import pytest

from shared.secrets import Secrets
from shared.subscribers import BadSubscription, Subscriber, enrol, subject_of


@pytest.mark.parametrize(
    ("district", "asked", "subject"),
    [
        ("500103", None, "sc.v1.500103.>"),
        (None, None, "sc.v1.>"),
        ("500103", "sc.v1.500103.*.card.*", "sc.v1.500103.*.card.*"),
        ("500103", "sc.v1.500103.>", "sc.v1.500103.>"),
        (None, "sc.v1.*.*.card.issued", "sc.v1.*.*.card.issued"),
        (None, "sc.v1.500106.*.reader.*", "sc.v1.500106.*.reader.*"),
    ],
)
def test_what_is_subscribed_to(district: str | None, asked: str | None, subject: str) -> None:
    assert subject_of(district, asked) == subject


@pytest.mark.parametrize(
    ("district", "asked"),
    [
        ("310101", None),
        ("50010", None),
        ("500103 ", None),
        ("*", None),
        (">", None),
        ("", None),
        ("500103", "sc.v1.500106.*.card.*"),
        ("500103", "sc.v1.*.*.card.*"),
        ("500103", "sc.v1.>"),
        ("500103", "sc.v1.500103.*.card"),
        ("500103", "sc.v1.500103"),
        (None, ">"),
        (None, "*.>"),
        (None, "sc.>"),
        (None, "sc.v1"),
        (None, "sc.work.>"),
        (None, "$JS.API.>"),
        (None, "sc.v1.500103.*.card.*.more"),
        (None, "sc.v1.500103.>.card"),
        (None, "sc.v1.5*.*.card.*"),
        (None, "sc.v1..*.card.*"),
        (None, 'sc.v1.500103.*.card.*", "sc.>'),
        (None, "sc.v1.500103.*.card.issued\n"),
        (None, ""),
    ],
)
def test_what_is_not(district: str | None, asked: str | None) -> None:
    with pytest.raises(BadSubscription):
        subject_of(district, asked)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a.b", "a b", "../x", "-a", "a-", "ä", "a\n", "x" * 41, "*", ">"])
def test_names_that_would_mean_something_else_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadSubscription):
        enrol(Secrets(tmp_path), name, "sc.v1.>")
    assert list(tmp_path.iterdir()) == []


def test_a_durables_name_tells_its_filter_apart() -> None:
    one, other = Subscriber("ils", "sc.v1.500103.>"), Subscriber("ils", "sc.v1.500106.>")
    assert one.durable.name != other.durable.name
    assert not any("API.>" in subject or subject in (">", "sc.v1.>") for subject in one.permissions.publish)
    assert one.permissions.subscribe == ("_INBOX_subscriber-ils.>",)
