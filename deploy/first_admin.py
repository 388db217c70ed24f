"""A city's first administrator, who creates all others over HTTP."""

from deploy.reaching import reaching_postgres
from services.identity.bootstrap import create_admin
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings


async def create(settings: Settings, username: str, password: str) -> None:
    """Needs a migrated database. Raises UserInvalid, PasswordInvalid, UsernameTaken, ServerAway."""
    database = await Database.open("identity", settings, Secrets(settings.secrets))
    try:
        with reaching_postgres(settings):
            await create_admin(database, username, password)
    finally:
        await database.close()
