"""Whether the servers a set-up names let us in, and what each refusal means, in a sentence that says what to do."""

import asyncio
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import redis.asyncio as valkey
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from nollycrewhub.platform.settings import Settings, SettingsError, from_environ

PATIENCE = 3.0
MAY_CHANGE = """
select coalesce(
    (select pg_has_role(relowner, 'member') from pg_class where oid = to_regclass('public.alembic_version')),
    has_database_privilege(current_database(), 'create')
)
"""
DOWN = "does not answer at the moment"


def place(url: str) -> str:
    """Host and port of an address, or its socket's path: what may be shown of it."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", ["its usual place"])[0]


def cure(name: str, url: str) -> str:
    """What to do about a server that does not answer."""
    return f"Start it, or correct {'the path' if url.startswith('unix:') else 'host and port'} in {name}."


async def database_refusal(name: str, url: str) -> str | None:
    """Why one PostgreSQL address cannot be used."""
    parts = urlsplit(url)
    try:
        connection = await asyncpg.connect(url, timeout=PATIENCE)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        return f"{name}: PostgreSQL at {place(url)} does not let {parts.username} in. Look at the user and the password in {name}."
    except asyncpg.InvalidCatalogNameError:
        return f"{name}: PostgreSQL at {place(url)} has no database {parts.path[1:]}. Create it, or name the right one in {name}."
    except (asyncpg.ClientConfigurationError, ValueError):
        return f"{name}: something in this address is not understood. Look at what stands after its ?."
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return f"{name}: PostgreSQL at {place(url)} {DOWN} ({type(error).__name__}). {cure(name, url)}"
    await connection.close()
    return None


async def owner_refusal(url: str) -> str | None:
    """Whether this role may not change the schema; silent when the server cannot be asked, which `database_refusal` tells."""
    try:
        connection = await asyncpg.connect(url, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    try:
        may = await connection.fetchval(MAY_CHANGE)
    finally:
        await connection.close()
    if may:
        return None
    return (
        f"DATABASE_OWNER_URL: {urlsplit(url).username} may not change the schema at {place(url)}. Name the role that owns it there; "
        "where DATABASE_OWNER_URL is not set, DATABASE_URL's role is taken for it."
    )


async def valkey_refusal(name: str, url: str) -> str | None:
    """Why one Valkey address cannot be used."""
    try:
        client = valkey.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    except ValueError:
        return f"{name}: something in this address is not understood. Look at what stands after its ?."
    try:
        await client.info("server")
    except (AuthenticationError, NoPermissionError):
        return f"{name}: Valkey at {place(url)} wants another password. Write it into {name}: redis://:password@host:port/0."
    except (RedisError, OSError) as error:
        return f"{name}: Valkey at {place(url)} {DOWN} ({type(error).__name__}). {cure(name, url)}"
    finally:
        await client.aclose()
    return None


async def refusals(settings: Settings, *, as_owner: bool) -> list[str]:
    """A sentence for each server without which nothing works; replicas may come later, the owner is for the schema."""
    databases = {
        "DATABASE_OWNER_URL": settings.database_owner_url if as_owner else "",
        "DATABASE_URL": settings.database_url,
        "DATABASE_DIRECT_URL": settings.database_direct_url,
        "DATABASE_READER_URL": settings.database_reader_url,
    }
    valkeys = {"SESSION_URL": settings.session_url, "CACHE_URL": settings.cache_url}
    looks = [database_refusal(name, url) for name, url in databases.items() if url]
    looks += [valkey_refusal(name, url) for name, url in valkeys.items()]
    looks += [owner_refusal(settings.database_owner_url)] if as_owner else []
    return [found for found in await asyncio.gather(*looks) if found]


def folder_refusal(settings: Settings) -> str | None:
    """Why no upload could be kept: a folder is tried by writing, since a mode says little to root."""
    folder = Path(settings.media_folder).absolute()
    try:
        ground = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryDirectory(dir=ground) as tried:
            (Path(tried) / "written").touch()
    except OSError as error:
        return f"MEDIA_FOLDER: {folder} cannot be written to ({error.strerror}), so no photo can be kept. Choose another folder."
    return None


def refuse_strangers(settings: Settings, *, down_too: bool) -> None:
    """SettingsError when a server turns us away for good or uploads have no place; with `down_too` also when one does not answer now."""
    found = [sentence for sentence in asyncio.run(refusals(settings, as_owner=down_too)) if down_too or DOWN not in sentence]
    found += filter(None, [folder_refusal(settings)])
    if found:
        raise SettingsError(found)


def explained(error: BaseException) -> list[str]:
    """What a command's failure comes to when a server it needs is out of reach; empty when that is not the reason.

    A file that was named and cannot be read or written is no server: it is told as what it is.
    """
    if isinstance(error, OSError) and error.filename:
        return [f"{error.filename}: {error.strerror}."]
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if not any(isinstance(each, OSError | RedisError | asyncpg.PostgresError | asyncpg.InterfaceError) for each in causes):
        return []
    try:
        return asyncio.run(refusals(from_environ(), as_owner=True))
    except SettingsError as fault:
        return fault.sentences
