"""What the scaler stores and reads. A leader writes on its own connection, and only while its term is the newest."""

from datetime import UTC, datetime

import msgspec

from nollycrewhub.platform.db import Leadership, LeadLost, Query, ReadSession, WriteSession
from nollycrewhub.platform.queue.looking import STATES, QueueState
from nollycrewhub.scaling.rules.deciding import Decision, Sample, State, Wish
from nollycrewhub.scaling.rules.figuring import Figures

MOST_LOOKS = 1000
KEEP_LOOKS, KEEP_DECISIONS, BITE = "48 hours", "90 days", 5000


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is stored. `outcome` is `held`, `asked`, or what the actuator said when it refused."""

    id: int
    term: int
    leader: str
    at: datetime
    until: datetime
    looks: int
    web_before: int
    workers_before: int
    web: int
    workers: int
    actions: list[str]
    reasons: list[str]
    sample: str
    outcome: str

    @property
    def seen(self) -> Sample:
        """The look it was made at."""
        return msgspec.json.decode(self.sample, type=Sample)


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Something that more processes do not mend."""

    id: int
    action: str
    what: str
    decision: int
    opened: datetime
    closed: datetime | None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One look as it is stored: what was decided from, all figures, and who led."""

    at: datetime
    leader: str
    sample: str
    figures: str
    web_wish: int
    workers_wish: int

    @property
    def seen(self) -> Sample:
        """What was decided from."""
        return msgspec.json.decode(self.sample, type=Sample)

    @property
    def known(self) -> Figures:
        """Everything that was seen."""
        return msgspec.json.decode(self.figures, type=Figures)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """When the scaler last changed each number and last saw too many failures, in seconds since 1970, and whether that is open."""

    web: float | None
    workers: float | None
    failing: float | None
    is_incident: bool


NOW = Query(float, "select extract(epoch from clock_timestamp())::float8")
BEGIN_TERM = Query(int, "insert into scaling.term (leader) values ($1) returning id")
LOOK = """
insert into scaling.look (term, at, sample, figures, web_wish, workers_wish)
select $1, to_timestamp($2), $3::text::jsonb, $4::text::jsonb, $5, $6 where $1 = (select max(id) from scaling.term) returning id
"""
DECIDE = """
insert into scaling.decision (term, at, until, looks, web_before, workers_before, web, workers, actions, reasons, sample, outcome)
select $1, to_timestamp($2), to_timestamp($2), 1, $3, $4, $5, $6, $7::text[], $8::text[], $9::text::jsonb, $10
where $1 = (select max(id) from scaling.term) returning id
"""
HOLD = """
update scaling.decision set until = to_timestamp($3), looks = looks + 1, reasons = $4::text[], sample = $5::text::jsonb
where id = $2 and term = $1 and $1 = (select max(id) from scaling.term) returning id
"""
BECAME = "update scaling.decision set outcome = $2 where id = $1"
# The job that tells of it is stored with it, so that no leader can open an incident nobody hears of.
TOLD = """
told as (
    insert into platform.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
    select 5, 'incident.tell', convert_to(json_build_object('id', id)::text, 'UTF8'), now(), 'incident.tell:' || id || ':' || $5, 'queued'
    from changed
    on conflict (dedupe_key) where status = any (array['queued'::platform.pgqueuer_status, 'picked'::platform.pgqueuer_status])
    and dedupe_key is not null do nothing
)
select id from changed
"""
OPEN = f"""
with changed as (
    insert into scaling.incident (action, what, decision, opened) values ($1, $2, $3, to_timestamp($4))
    on conflict (action) where closed is null do nothing returning id
),
{TOLD.replace("$5", "'opened'")}
"""  # noqa: S608 - constants
CLOSE = f"""
with changed as (update scaling.incident set closed = to_timestamp($2) where action = $1 and closed is null returning id),
{TOLD.replace("$5", "'closed'")}
"""  # noqa: S608 - constants
CLOSE_ONE = f"""
with changed as (update scaling.incident set closed = now() where id = $1 and closed is null returning id),
{TOLD.replace("$5", "'closed'")}
"""  # noqa: S608 - constants
FORGET_LOOKS = f"delete from scaling.look where id in (select id from scaling.look where at < now() - interval '{KEEP_LOOKS}' limit {BITE})"  # noqa: S608 - constants
FORGET_DECISIONS = (
    f"delete from scaling.decision where id in (select id from scaling.decision where until < now() - interval '{KEEP_DECISIONS}' "  # noqa: S608 - constants
    f"limit {BITE})"
)
CHANGES = Query(
    Changes,
    """
    select extract(epoch from max(at) filter (where web <> web_before))::float8 as web,
           extract(epoch from max(at) filter (where workers <> workers_before))::float8 as workers,
           extract(epoch from max(until) filter (where 'investigate_issues' = any(actions)))::float8 as failing,
           exists (select 1 from scaling.incident where action = 'investigate_issues' and closed is null) as is_incident
    from scaling.decision where until > now() - interval '1 day'
    """,
)
LOOKS = Query(
    Looked,
    """
    select at, term.leader, sample::text as sample, figures::text as figures, web_wish, workers_wish
    from scaling.look join scaling.term on term.id = look.term
    where at > coalesce($1::timestamptz, '-infinity') order by at desc limit $2
    """,
)
COLUMNS = "decision.id, term, leader, at, until, looks, web_before, workers_before, web, workers, actions, reasons, sample::text as sample, outcome"
DECISIONS = Query(
    Stored,
    f"""
    select {COLUMNS} from scaling.decision join scaling.term on term.id = decision.term
    where at <= coalesce($1::timestamptz, 'infinity') and (not $2::boolean or web <> web_before or workers <> workers_before)
    and ($4::bigint is null or decision.id < $4)
    order by decision.id desc limit $3
    """,  # noqa: S608 - constants
)
DECISION = Query(Stored, f"select {COLUMNS} from scaling.decision join scaling.term on term.id = decision.term where decision.id = $1")  # noqa: S608 - constants
INCIDENTS = Query(
    Incident,
    "select id, action, what, decision, opened, closed from scaling.incident order by closed is null desc, opened desc limit $1",
)
INCIDENT = Query(Incident, "select id, action, what, decision, opened, closed from scaling.incident where id = $1")


# the leader's own


async def clock(lead: Leadership) -> float:
    """The database's time, which all leaders share, in seconds since 1970."""
    return (await lead.rows(NOW))[0]


async def begin_term(lead: Leadership, leader: str) -> int:
    """A new leader's term; whoever led before can store nothing any more."""
    return (await lead.rows(BEGIN_TERM, leader))[0]


async def queue_states(lead: Leadership) -> list[QueueState]:
    """Every queue, asked of the primary on the leader's own connection."""
    return await lead.rows(STATES)


async def remembered(lead: Leadership, *, now: float, window: float, stabilisation: float) -> State:
    """What those who led before knew: a new leader neither lets go sooner than they would have, nor opens an incident twice."""
    since = datetime.fromtimestamp(now - max(window, stabilisation), UTC)
    looks = [(one.at.timestamp(), one) for one in reversed(await lead.rows(LOOKS, since, MOST_LOOKS))]
    changes = (await lead.rows(CHANGES))[0]
    least = State()
    return State(
        samples=tuple(one.seen for at, one in looks if at > now - window),
        wishes=tuple(Wish(at, one.web_wish, one.workers_wish) for at, one in looks),
        web_changed=least.web_changed if changes.web is None else changes.web,
        workers_changed=least.workers_changed if changes.workers is None else changes.workers,
        failing=least.failing if changes.failing is None else changes.failing, is_incident=changes.is_incident,
    )  # fmt: skip


async def store_look(lead: Leadership, term: int, sample: Sample, *, figures: Figures, wish: Wish) -> None:
    """Keeps a look; LeadLost when another leader's term has begun."""
    if not await lead.run(LOOK, term, sample.at, text(sample), text(figures), wish.web, wish.workers):
        raise LeadLost


async def store_decision(lead: Leadership, term: int, sample: Sample, *, decision: Decision, held: int | None) -> int:
    """Keeps a decision, its id; with `held` the one that still holds is told to have held until now. LeadLost as above."""
    if held is None:
        outcome = "held" if is_held(decision, sample) else ""
        found = await lead.run(
            DECIDE, term, sample.at, sample.web_asked, sample.workers_asked, decision.web, decision.workers, list(decision.actions),
            list(decision.reasons), text(sample), outcome,
        )  # fmt: skip
    else:
        found = await lead.run(HOLD, term, held, sample.at, list(decision.reasons), text(sample))
    if not found:
        raise LeadLost
    return int(found[0]["id"])


async def store_outcome(lead: Leadership, decision_id: int, outcome: str) -> None:
    """What the actuator said."""
    await lead.run(BECAME, decision_id, outcome)


async def open_incident(lead: Leadership, action: str, what: str, *, decision: int, at: float) -> int | None:
    """Opens one, unless one of its kind is open; its id."""
    found = await lead.run(OPEN, action, what, decision, at)
    return int(found[0]["id"]) if found else None


async def close_incident(lead: Leadership, action: str, *, at: float) -> int | None:
    """It is over; its id."""
    found = await lead.run(CLOSE, action, at)
    return int(found[0]["id"]) if found else None


async def forget(lead: Leadership) -> None:
    """One bite off what is old."""
    await lead.run(FORGET_LOOKS)
    await lead.run(FORGET_DECISIONS)


# everybody's


async def looks(read: ReadSession, *, since: datetime | None = None, limit: int = 1) -> list[Looked]:
    """Looks, newest first."""
    return await read.rows(LOOKS, since, limit)


async def decisions(
    read: ReadSession, *, until: datetime | None = None, changes_only: bool = False, before: int | None = None, limit: int = 20
) -> list[Stored]:  # fmt: skip
    """Decisions, newest first; with `changes_only` those that changed a number, with `before` those of smaller numbers."""
    return await read.rows(DECISIONS, until, changes_only, limit, before)


async def decision(read: ReadSession, decision_id: int) -> Stored | None:
    """One decision."""
    return await read.one(DECISION, decision_id)


async def incidents(read: ReadSession, *, limit: int = 20) -> list[Incident]:
    """Incidents, open ones first, then the newest."""
    return await read.rows(INCIDENTS, limit)


async def incident(read: ReadSession, incident_id: int) -> Incident | None:
    """One incident."""
    return await read.one(INCIDENT, incident_id)


async def close_one(session: WriteSession, incident_id: int) -> bool:
    """An operator says that it is over; whether it was open."""
    return bool(await session.sql(CLOSE_ONE, incident_id))


def text(value: msgspec.Struct) -> str:
    """As the table keeps it."""
    return msgspec.json.encode(value).decode()


def is_held(decision: Decision, sample: Sample) -> bool:
    """Whether it leaves the numbers as they were asked for."""
    return (decision.web, decision.workers) == (sample.web_asked, sample.workers_asked)
