"""A city's first administrator, who creates all others over HTTP."""

from services.identity.bootstrap import create_admin
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings


async def create(settings: Settings, username: str, password: str) -> None:
    """Needs a migrated database. Raises UserInvalid, PasswordInvalid, UsernameTaken."""
    database = await Database.open("identity", settings, Secrets(settings.secrets))
    try:
        await create_admin(database, username, password)
    finally:
        await database.close()
