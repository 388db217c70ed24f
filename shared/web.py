"""The Litestar app of a service: everything that is the same in all of them."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.types import ControllerRouterHandler
from prometheus_client import CollectorRegistry

from shared.authentication import Authentication, provide_caller
from shared.health import KernelFigures, live, metrics, ready
from shared.kernel import Kernel, Loops
from shared.openapi import configuration
from shared.problems import respond
from shared.request_guard import GuardedApp, refuse_odd_json
from shared.settings import Settings
from shared.versions import provide_version

JSON_LIMIT = 1024 * 1024


def service_app(
    name: str,
    settings: Settings,
    handlers: Sequence[ControllerRouterHandler],
    *,
    loops: Loops | None = None,
    dependencies: Mapping[str, Provide] | None = None,
) -> Litestar:
    """The app of service `name`, answering below `/api/<name>`.

    Handlers may ask for `caller`, `kernel`, `version` and what `dependencies` adds. `loops` makes the service's own
    loops from the open kernel. Bodies over 1 MiB get 413 unless a route says otherwise.
    """
    registry = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
        kernel = await Kernel.open(name, settings, loops)
        app.state.kernel = kernel
        app.state.registry = registry
        figures = KernelFigures(kernel)
        registry.register(figures)
        try:
            yield
        finally:
            registry.unregister(figures)
            await kernel.close()

    prefix = f"/api/{name}"
    return GuardedApp(
        name,
        registry,
        route_handlers=[Router(prefix, route_handlers=[live, ready, metrics, *handlers])],
        lifespan=[lifespan],
        middleware=[
            DefineMiddleware(Authentication, exclude_from_auth_key="public"),
        ],
        before_request=refuse_odd_json,
        dependencies={
            "caller": Provide(provide_caller),
            "kernel": Provide(provide_kernel, sync_to_thread=False),
            "version": Provide(provide_version, sync_to_thread=False),
            **(dependencies or {}),
        },
        exception_handlers={Exception: respond},
        request_max_body_size=JSON_LIMIT,
        openapi_config=configuration(name, prefix),
        # Whoever runs the process says where logs go; Litestar would set up the root logger.
        logging_config=None,
        on_app_init=[_without_stack_traces],
    )


def provide_kernel(state: State) -> Kernel:
    kernel: Kernel = state.kernel
    return kernel


def _without_stack_traces(config: AppConfig) -> AppConfig:
    config.debug = False
    return config
