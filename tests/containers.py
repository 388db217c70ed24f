"""Servers in Docker, where a Docker engine answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from deploy.nats_config import render
from shared.secrets import Secrets

POSTGRES_IMAGE = "postgres:17"
NATS_IMAGE = "nats:2.12"


def docker_answers() -> bool:
    sockets = (Path("/var/run/docker.sock"), Path.home() / ".docker/run/docker.sock")
    if "DOCKER_HOST" not in os.environ and not any(path.exists() for path in sockets):
        return False
    try:
        client = DockerClient()
    except DockerException:
        return False
    client.client.close()
    return True


@contextmanager
def postgres_container() -> Iterator[str]:
    """Yields an administrator's URL."""
    container = PostgresContainer(POSTGRES_IMAGE).with_command("-c fsync=off -c max_connections=200")
    with container as postgres:
        yield postgres.get_connection_url(driver=None)


@contextmanager
def nats_container(secrets: Secrets, folder: Path) -> Iterator[str]:
    """Yields the URL of a server with our users and JetStream; `folder` holds its configuration."""
    path = folder / "nats.conf"
    path.write_text(render(secrets, host="0.0.0.0", port=4222, store=Path("/data")))
    container = (
        DockerContainer(NATS_IMAGE)
        .with_exposed_ports(4222)
        .with_volume_mapping(path, "/etc/schoolcard/nats.conf")
        .with_command("-c /etc/schoolcard/nats.conf")
        .waiting_for(LogMessageWaitStrategy("Server is ready"))
    )
    with container as nats:
        yield f"nats://{nats.get_container_host_ip()}:{nats.get_exposed_port(4222)}"
