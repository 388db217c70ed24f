"""The AsyncAPI document names every contract, its publisher and its followers."""

import json

from deploy.asyncapi import document, encode, publisher
from shared.contracts.registry import published


def test_every_fact_has_a_channel_a_message_and_a_schema() -> None:
    made = document()
    facts = published()
    assert len(made["channels"]) == len(made["operations"]) == len(facts)
    for kind in facts.values():
        message = made["components"]["messages"][f"{kind.ENTITY}_{kind.FACT}"]
        assert message["name"] == kind.ce_type()
        assert message["payload"]["$ref"].rpartition("/")[2] in made["components"]["schemas"]


def test_publishers_and_followers_come_from_the_topology() -> None:
    facts = published()
    assert publisher(facts["card.issued.v1"]) == "cards"
    assert publisher(facts["batch.completed.v1"]) == "batches"
    assert publisher(facts["batch.items_imported.v1"]) == "readers"
    operations = document()["operations"]
    assert operations["send_card_issued"]["summary"] == "Published by cards; followed by audit."
    together = operations["send_cards_issued"]["summary"]
    assert together == "Published by cards; followed by audit, batches, readers."


def test_the_text_is_the_same_each_time() -> None:
    assert encode() == encode()
    assert json.loads(encode())["asyncapi"] == "3.0.0"
