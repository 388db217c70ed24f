"""Deleting what `schoolcard up` keeps on this machine."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from deploy.local.lock import RunLock
from deploy.local.nats import LocalNats
from deploy.local.nats_binary import find_nats_server
from deploy.local.postgres import LocalPostgres
from deploy.running import forget, var_folder
from shared.export_folder import folder_of
from shared.secrets import Secrets

_FOLDERS = ("postgres", "nats", "secrets")
_FILES = ("schoolcard.log", "schoolcard.log.old")


def data_folder(environ: Mapping[str, str]) -> Path:
    return var_folder(environ).absolute()


async def clean(environ: Mapping[str, str]) -> None:
    """Delete servers' data, secrets, exports and logs. Raises AlreadyRunning while schoolcard runs there.

    Servers that a killed start left running are stopped. Programs that were fetched stay. Secrets kept elsewhere
    (SC_SECRETS) and servers given by URL are left alone.
    """
    var = data_folder(environ)
    with RunLock(var):
        postgres = LocalPostgres(var / "postgres")
        if await postgres.adopt():
            await postgres.stop()
        secrets = Secrets(Path(environ.get("SC_SECRETS", var / "secrets")))
        if (var / "nats" / "pid").exists():
            nats = LocalNats(var / "nats", find_nats_server(var), secrets)
            if await nats.adopt():
                await nats.stop()
        for name in _FOLDERS:
            await asyncio.to_thread(shutil.rmtree, var / name, ignore_errors=True)
        await asyncio.to_thread(shutil.rmtree, folder_of(var), ignore_errors=True)
        for name in _FILES:
            (var / name).unlink(missing_ok=True)
        forget(var)
