"""The types by which the pages call the services, made from the services' OpenAPI: `python -m deploy.api_types`.

They are kept in the repository: building the pages then needs no Python, and a change of the interface is seen in
review. A test makes them again and compares.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path

from litestar import Litestar

from services.console.build import PAGES, ensure_installed, run
from shared.openapi import document
from shared.settings import Settings
from shared.topology import SERVICES

FOLDER = PAGES / "src" / "api" / "types"


def main(folder: Path) -> None:
    """Write `<service>.d.ts` for each service. Needs no server. Raises NodeUnavailable, BuildFailed."""
    node = ensure_installed(dev=True)
    tool = PAGES / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    with tempfile.TemporaryDirectory() as room:
        for name in SERVICES:
            described = Path(room) / f"{name}.json"
            described.write_text(json.dumps(openapi(name), ensure_ascii=False), encoding="utf-8")
            types = folder / f"{name}.d.ts"
            run([node.program, str(tool), str(described), "--output", str(types), "--root-types=false"], node)


def openapi(service: str) -> dict[str, object]:
    """The service's OpenAPI document, without starting it."""
    nowhere = Settings(database_url="postgresql://nobody@localhost/nothing", nats_url="nats://localhost")
    app: Litestar = importlib.import_module(f"services.{service}.app").create_app(nowhere)
    return document(app)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
