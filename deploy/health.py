"""Asking the services of one process whether they are ready, for containers and operators."""

import httpx

from deploy.dispatcher import CONTENTS


async def unready(address: str) -> dict[str, str]:
    """What is wrong, by service; empty when all are ready. A server that does not answer is wrong under its address."""
    async with httpx.AsyncClient(base_url=address, timeout=4.0, trust_env=False) as client:
        try:
            services = (await client.get(CONTENTS)).json()
            answers = {name: await client.get(ready) for name, ready in services.items()}
        except httpx.TransportError as exc:
            return {address: type(exc).__name__}
    return {name: answer.text for name, answer in answers.items() if answer.status_code != 200}
