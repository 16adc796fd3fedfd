"""A web process with a toy domain beside the real ones: rooms whose members are rows that a test may change."""

import os
import sys
from collections.abc import Sequence
from uuid import UUID

from nollycrewhub.cli.serve import listen
from nollycrewhub.cli.serving import Server, open_many_files, server_config
from nollycrewhub.cli.supervisor import go_with_parent
from nollycrewhub.platform.db import Query, ReadSession
from nollycrewhub.platform.live import Ask, Channel, fallback
from nollycrewhub.platform.module import Module
from nollycrewhub.platform.settings import from_environ
from nollycrewhub.services.monolith import MODULES
from nollycrewhub.services.roles import web

MEMBERS = Query(
    int,
    "select count(m.person_id)::int from unnest($1::text[], $2::uuid[]) with ordinality as w(room, person, place) "
    "left join live_test.member m on m.room = w.room and m.person_id = w.person group by w.place order by w.place",
)
NOBODY = UUID(int=0)


async def members(asked: Sequence[Ask], read: ReadSession) -> list[bool]:
    """Who has a row."""
    people = [ask.viewer.person_id if ask.viewer is not None else NOBODY for ask in asked]
    rows = await read.route.asked(lambda connection: connection.fetch(MEMBERS.sql, [ask.key for ask in asked], people))
    return [row[0] > 0 for row in rows]


ROOMS = Module(name="rooms", channels=(Channel("room", may=members, says=("typing",)),))


def main() -> None:
    """Serves on PORT until a signal."""
    go_with_parent()
    open_many_files()
    settings = from_environ()
    fallback.PONG_EVERY = float(os.environ.get("PONG_EVERY") or fallback.PONG_EVERY)
    fallback.SLOW_SECONDS = float(os.environ.get("SLOW_SECONDS") or fallback.SLOW_SECONDS)
    process = web(settings, (*MODULES, ROOMS))
    Server(server_config(process), process).run(sockets=[listen(settings.host, settings.port)])


if __name__ == "__main__":
    sys.exit(main())
