"""What identity tells: every change, in the right school or district, never a password or a person's name."""

from typing import Any
from uuid import UUID

import httpx
import msgspec

from services.identity.bootstrap import DEMO_PASSWORD, DemoCity
from shared.broker import connect
from shared.envelope import Event, parse
from shared.secrets import Secrets
from shared.settings import Settings
from tests.identity.people import API, GOOD_PASSWORD, LOGIN, bearer, open_session


async def next_events(settings: Settings, secrets: Secrets, until: str) -> list[Event]:
    """All events of the stream, from its first to the first of type `until` after the demo's."""
    client = await connect(settings.nats_url, "admin", secrets.password("nats-admin"), "_INBOX_admin")
    try:
        subscription = await client.jetstream().subscribe("sc.v1.>", ordered_consumer=True)
        found: list[Event] = []
        while not found or found[-1].ce_type != until:
            message = await subscription.next_msg(timeout=10)
            found.append(parse(message.subject, message.headers, message.data))
        return found
    finally:
        await client.close()


def described(events: list[Event]) -> list[tuple[str, str | None, UUID | None]]:
    return [(event.ce_type, event.district, event.school_id) for event in events]


async def test_a_day_in_the_city(
    settings: Settings, secrets: Secrets, demo: DemoCity, stranger: httpx.AsyncClient, district: httpx.AsyncClient
) -> None:
    operator = {"username": "teacher-d", "display_name": "丁老师", "password": GOOD_PASSWORD}
    body = {"name": "某某小学", "stage": "primary", "operator": operator}
    school = (await district.post(f"{API}/schools", json=body)).json()
    user = f"{API}/users/{school['operator']['id']}"
    await stranger.post(LOGIN, json={"username": "teacher-d", "password": "a wrong password"})
    await open_session(stranger, "teacher-d", GOOD_PASSWORD)
    await district.patch(user, json={"display_name": "戊老师"})
    await district.patch(user, json={"password": DEMO_PASSWORD + "-2"})
    session = await open_session(stranger, "teacher-d", DEMO_PASSWORD + "-2")
    await stranger.post(f"{API}/logout", headers=bearer(session["access_token"]))
    await district.patch(user, json={"disabled": True})
    await district.patch(user, json={"disabled": False})
    await district.patch(f"{API}/schools/{school['id']}", json={"disabled": True})
    events = await next_events(settings, secrets, "school.changed.v1")

    school_id = UUID(school["id"])
    of_school = [event for event in events if event.school_id == school_id]
    assert described(of_school) == [
        (f"{kind}.v1", "500103", school_id)
        for kind in (
            "school.opened",
            "user.created",
            "user.login_failed",
            "user.logged_in",
            "user.changed",
            "user.password_changed",
            "session.revoked",
            "user.logged_in",
            "session.revoked",
            "user.disabled",
            "user.enabled",
            "school.changed",
        )
    ]
    bodies: list[dict[str, Any]] = [msgspec.json.decode(event.body) for event in of_school]
    assert [body["version"] for body in bodies] == [1, 1, 1, 1, 2, 3, 2, 3, 2, 4, 5, 2]
    assert {body["actor"]["name"] for body in bodies} == {"district-500103", "identity", "teacher-d"}
    assert [body.get("reason", "logged_out") for body in bodies if "session_id" in body] == [
        "password_changed",
        "logged_out",
    ]
    whole = b"".join(event.body for event in events).decode()
    for private in ("老师", "管理员", "argon2", GOOD_PASSWORD, DEMO_PASSWORD, "a wrong password"):
        assert private not in whole


async def test_events_of_districts_and_the_city_have_no_school(
    settings: Settings, secrets: Secrets, demo: DemoCity, city: httpx.AsyncClient
) -> None:
    await city.post(f"{API}/logout")
    events = await next_events(settings, secrets, "session.revoked.v1")
    by_type = {event.ce_type: event for event in events}
    assert by_type["session.revoked.v1"].subject == "sc.v1._._.session.revoked"
    created = [event.subject for event in events if event.ce_type == "user.created.v1"]
    assert created[:3] == ["sc.v1._._.user.created", "sc.v1.500103._.user.created", "sc.v1.500106._.user.created"]
    assert created[3] == f"sc.v1.500103.{demo.schools['teacher-a']}.user.created"
