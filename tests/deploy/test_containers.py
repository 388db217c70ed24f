"""The container files agree with the code: services, secrets, prefixes, limits."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import keys
from deploy.nats_config import render
from shared.secrets import Secrets, generate_missing
from shared.topology import CITY_EVENTS, SERVICES
from tests.servers import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "deploy/compose.yaml").read_text())
NGINX = (PROJECT / "deploy/proxy/nginx.conf").read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_runs_alone_with_its_own_secrets(service: str) -> None:
    container = COMPOSE["services"][service]
    assert container["command"] == ["serve", service]
    [mount] = container["volumes"]
    assert mount["volume"]["subpath"] == service
    assert mount["read_only"]


def test_the_pages_are_served_by_a_container_without_secrets() -> None:
    container = COMPOSE["services"]["console"]
    assert container["command"] == ["serve", "console"]
    assert "volumes" not in container
    assert "set $pages console;" in NGINX


def test_the_proxy_knows_every_service_and_ends_slow_clients() -> None:
    [prefixes] = re.findall(r"\^/api/\(\?<service>([a-z|]+)\)/", NGINX)
    assert prefixes.split("|") == list(SERVICES)
    assert COMPOSE["services"]["proxy"]["depends_on"] == [*SERVICES, "console"]
    for name in ("client_header_timeout", "client_body_timeout"):
        [seconds] = re.findall(rf"{name} (\d+)s;", NGINX)
        assert int(seconds) <= 15
    assert "$request " not in NGINX
    assert "$args" not in NGINX


def test_behind_https_cookies_are_secure_and_visitors_keep_their_addresses() -> None:
    assert COMPOSE["services"]["identity"]["environment"]["SC_SECURE_COOKIES"] == "${SC_SECURE_COOKIES:-false}"
    proxy = COMPOSE["services"]["proxy"]
    # Nothing comes from `unix:`: of nobody the header is believed until somebody is named.
    assert proxy["environment"] == {"SC_TLS_TERMINATOR": "${SC_TLS_TERMINATOR:-unix:}"}
    name = "terminator.conf"
    assert f"./proxy/{name}.template:/etc/nginx/templates/{name}.template:ro" in proxy["volumes"]
    template = (PROJECT / f"deploy/proxy/{name}.template").read_text()
    assert re.findall(r"^set_real_ip_from (.*);$", template, re.MULTILINE) == ["${SC_TLS_TERMINATOR}"]
    # It stands before what counts by address, and what is passed on is the address that was found.
    assert NGINX.index(f"include /etc/nginx/conf.d/{name};") < NGINX.index("limit_conn_zone $binary_remote_addr")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX


def test_a_process_is_given_what_it_needs_and_no_more(tmp_path: Path) -> None:
    folders = keys.hand_out(tmp_path, database_host="postgres", nats_store=Path("/data"))
    given = {folder.name: {file.name for file in folder.iterdir()} for folder in folders}
    assert given["readers"] == {"postgres-readers", "nats-readers", "data-key", "digest-key", "jwt-public.json"}
    assert given["identity"] - given["readers"] >= {"jwt-private.pem", "nats-watch"}
    assert [name for name in given if "nats-watch" in given[name]] == ["identity"]
    assert [name for name in given if "jwt-private.pem" in given[name]] == ["identity"]
    assert given["postgres"] == {"postgres-admin"}
    assert given["nats"] == {"nats.conf"}
    assert given["migrate"] == {"nats-admin", "pgpass", *(f"postgres-{service}" for service in SERVICES)}
    assert all(file.stat().st_mode & 0o077 == 0 for folder in folders for file in folder.iterdir())


def test_handing_out_again_changes_no_secret(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    keys.hand_out(tmp_path, database_host="postgres", nats_store=Path("/data"))
    before = contents()
    keys.hand_out(tmp_path, database_host="postgres", nats_store=Path("/data"))
    assert contents() == before


def test_nats_has_room_for_a_citys_events_and_never_less_than_before(tmp_path: Path) -> None:
    def promised(**size: int) -> int:
        keys.hand_out(tmp_path, database_host="postgres", nats_store=Path("/data"), **size)
        [bytes_] = re.findall(r"max_file_store: (\d+) ", (tmp_path / "nats/nats.conf").read_text())
        return int(bytes_)

    assert promised() > 20 << 30
    assert promised(events_bytes=100 << 30) > 100 << 30
    # With less the server would leave out the streams that it has made.
    assert promised() > 100 << 30


@pytest.mark.parametrize("process", ["keys", "migrate"])
def test_the_streams_size_reaches_nats_and_the_streams(process: str) -> None:
    assert COMPOSE["services"][process]["environment"]["SC_EVENTS_BYTES"] == "${SC_EVENTS_BYTES:-21474836480}"
    assert CITY_EVENTS == 21474836480


def test_nats_is_configured_for_every_service(secrets: Secrets) -> None:
    text = render(secrets, host="0.0.0.0", port=4222, store=Path("/data"))
    assert re.findall(r"user: (\w+)", text) == ["admin", "watch", *SERVICES]
    assert 'listen: "0.0.0.0:4222"' in text
    assert "$JS.API.>" not in text


def test_a_missing_secret_is_made_and_an_existing_one_kept(tmp_path: Path) -> None:
    first = generate_missing(tmp_path / "secrets").read("data-key")
    assert generate_missing(tmp_path / "secrets").read("data-key") == first
