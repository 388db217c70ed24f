"""Every published fact, byte for byte: others keep messages for years and read them with code of their own."""

import re
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from deploy.asyncapi import publisher
from shared.contracts import registry
from shared.contracts.fact import Fact
from shared.contracts.registry import published
from shared.topology import SERVICES
from tests.contracts import sampling

FACTS = published()

# What would name a pupil or a guardian. Masked forms say so in their names.
PERSONAL = re.compile(
    r"(id_?(number|card|no)|phone|mobile|telephone|birth|address|(full|real|guardian|pupil|reader|student|person)_?name"
    r"|signature|password|token|secret)"
)
HARMLESS = {
    "masked_name",
    "masked_id_number",
    "id_digest",
}
# `name` says what a thing is called; of persons only the log-in name of who did it.
NAMED_THINGS = {"district", "school", "grade", "class", "user"}


@pytest.mark.parametrize("ce_type", FACTS)
def test_the_bytes_that_are_out_there_are_read_and_written_alike(ce_type: str) -> None:
    kept = sampling.read(ce_type)
    for raw in (bytes(kept.least), bytes(kept.whole)):
        written = msgspec.json.encode(msgspec.json.decode(raw, type=FACTS[ce_type]))
        # Where a contract has grown since, there is more now; what there was is as it was, in its place.
        assert written == raw or _grown(msgspec.json.decode(written), msgspec.json.decode(raw)), written


def _grown(now: object, then: object) -> bool:
    if isinstance(now, dict) and isinstance(then, dict):
        kept = [name for name in now if name in then]
        return kept == list(then) and all(_grown(now[name], then[name]) for name in then)
    return now == then


@pytest.mark.parametrize("ce_type", FACTS)
def test_a_contract_only_grows(ce_type: str) -> None:
    """What was published once keeps its name and its kind; what came later can be missing."""
    kind, kept = FACTS[ce_type], sampling.read(ce_type)
    published_fields = set(msgspec.json.decode(kept.whole))
    assert published_fields <= set(kind.__struct_fields__)
    required = {field.name for field in msgspec.structs.fields(kind) if field.required}
    assert required <= set(msgspec.json.decode(kept.least))
    assert required <= published_fields


@pytest.mark.parametrize("ce_type", FACTS)
def test_a_reader_of_today_understands_tomorrows_messages(ce_type: str) -> None:
    """Fields nobody knows yet are passed over."""
    body = msgspec.json.decode(sampling.read(ce_type).whole) | {"a_field_of_tomorrow": {"a": [1]}}
    assert isinstance(msgspec.json.decode(msgspec.json.encode(body), type=FACTS[ce_type]), FACTS[ce_type])


@pytest.mark.parametrize("ce_type", FACTS)
def test_every_field_a_fact_has_today_goes_the_way_and_back(ce_type: str) -> None:
    made = sampling.make(FACTS[ce_type])
    assert set(msgspec.json.decode(made.whole)) == set(FACTS[ce_type].__struct_fields__)
    fact = msgspec.json.decode(made.whole, type=FACTS[ce_type])
    assert msgspec.json.encode(fact) == bytes(made.whole)
    assert hash(fact) == hash(msgspec.json.decode(made.whole, type=FACTS[ce_type]))


@pytest.mark.parametrize("ce_type", FACTS)
def test_no_field_can_carry_personal_data_in_clear(ce_type: str) -> None:
    for entity, name in _names(FACTS[ce_type]):
        assert name in HARMLESS or not PERSONAL.search(name), name
        if name == "name":
            assert entity in NAMED_THINGS


@pytest.mark.parametrize("ce_type", FACTS)
def test_every_fact_says_who_did_it_and_which_version_came_of_it(ce_type: str) -> None:
    least = msgspec.json.decode(sampling.read(ce_type).least)
    assert {"actor", "version"} <= set(least)
    assert set(least["actor"]) >= {"id", "name"}


@pytest.mark.parametrize("ce_type", FACTS)
def test_types_are_words_joined_and_one_service_publishes_each(ce_type: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*\.v1", ce_type)
    assert publisher(FACTS[ce_type]) in SERVICES


def test_no_two_facts_share_a_type() -> None:
    kinds = [
        kind
        for module in registry._MODULES
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Fact) and kind.FACT and not name.startswith("_")
    ]
    assert len({kind.ce_type() for kind in kinds}) == len(set(kinds)) <= len(FACTS)


def test_who_follows_all_facts_of_an_entity_is_not_told_twice() -> None:
    """`card.*` brings each card once: what tells them together is of another entity."""
    single = {kind.ENTITY for kind in FACTS.values() if not kind.REPEATS}
    repeats = {kind.ce_type() for kind in FACTS.values() if kind.REPEATS and kind.ENTITY in single}
    # Of an import's items there is no other fact of a batch.
    assert repeats == {"batch.items_imported.v1"}


def test_there_are_no_samples_of_facts_that_are_gone() -> None:
    assert {path.stem for path in sampling.FOLDER.glob("*.json")} == set(FACTS)


def _names(kind: type[Fact]) -> Iterator[tuple[str, str]]:
    """Every field's name, nested ones too, with the entity it belongs to; the actor is the user who did it."""
    waiting: list[tuple[str, inspect.Type]] = [(kind.ENTITY, inspect.type_info(kind))]
    while waiting:
        entity, info = waiting.pop()
        if isinstance(info, inspect.StructType):
            for field in info.fields:
                yield entity, field.name
                waiting.append(("user" if field.name == "actor" else entity, field.type))
        elif isinstance(info, inspect.UnionType):
            waiting += [(entity, part) for part in info.types]
        elif isinstance(info, (inspect.VarTupleType, inspect.ListType)):
            waiting.append((entity, info.item_type))
