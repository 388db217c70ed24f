"""Wiring of console: no database, no broker, only the built pages."""

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.datastructures import State
from prometheus_client import CollectorRegistry

from services.console.api import HANDLERS
from services.console.build import BUILT
from services.console.pages_folder import PagesFolder
from shared.openapi import configuration
from shared.problems import respond
from shared.request_guard import GuardedApp
from shared.settings import Settings


def create_app(settings: Settings) -> Litestar:
    """Answers at `/` and below `/api/console`; the proxy or the dispatcher gives it what no other service answers."""
    registry = CollectorRegistry()
    return GuardedApp(
        "console",
        registry,
        route_handlers=[*HANDLERS],
        exception_handlers={Exception: respond},
        state=State({"pages": PagesFolder(BUILT), "registry": registry}),
        openapi_config=configuration("console", "/api/console"),
        logging_config=None,
        on_app_init=[_without_stack_traces],
    )


def _without_stack_traces(config: AppConfig) -> AppConfig:
    config.debug = False
    return config
