"""The doors of people and jobs, called directly: whose it is, and that all others learn the same nothing."""

from uuid import uuid4

import pytest

from nollycrewhub.domains.jobs import access as jobs
from nollycrewhub.domains.jobs.errors import NoSuchApplication, NoSuchJob, NoSuchReview
from nollycrewhub.domains.messages import access as talks
from nollycrewhub.domains.messages.errors import Frozen, NoSuchConversation, NoSuchFile, NoSuchMessage, NoSuchReport, ReportDecided
from nollycrewhub.domains.projects import access as projects
from nollycrewhub.domains.projects import repository as scripts
from nollycrewhub.domains.projects.errors import NoSuchProject, NoSuchScript, NotTheOwner
from nollycrewhub.domains.users import access as users
from nollycrewhub.domains.users.errors import NoSuchPerson
from nollycrewhub.platform.app import Process
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.live import Ask
from tests.security.conftest import SetStage
from tests.security.conftest import house as house  # noqa: PLC0414 - pytest finds fixtures by name
from tests.security.conftest import set_stage as set_stage  # noqa: PLC0414
from tests.security.stage import Stage


@pytest.fixture(scope="module")
async def stage(set_stage: SetStage) -> Stage:
    """People and listings that no test here changes."""
    return await set_stage()


@pytest.fixture
async def read(house: Process) -> ReadSession:
    """Reads on the primary."""
    return house.runtime.db.read_session(primary=True)


async def ban(house: Process, stage: Stage, role: str) -> None:
    """An operator's ban."""
    async with house.runtime.db.write_session() as session:
        await session.sql("update users.person set banned_at = now() where id = $1", stage.callers[role].person_id)
        await session.commit()


async def test_ones_own_account_and_profile(stage: Stage, read: ReadSession) -> None:
    owner = stage.callers["owner"].person_id
    assert owner is not None
    assert (await users.own_account(read, owner)).id == owner
    assert (await users.own_profile(read, owner)).bio == stage.secret("bio")
    for door in (users.own_account, users.own_profile):
        with pytest.raises(NoSuchPerson):
            await door(read, uuid4())


async def test_a_banned_person_has_none(house: Process, set_stage: SetStage, read: ReadSession) -> None:
    stage = await set_stage()
    owner = stage.callers["owner"].person_id
    assert owner is not None
    await ban(house, stage, "owner")
    with pytest.raises(NoSuchPerson):
        await users.own_account(read, owner)
    with pytest.raises(NoSuchPerson):
        await users.shown_profile(read, stage.callers["owner"].handle, None)
    async with house.runtime.db.write_session() as session:
        with pytest.raises(NoSuchPerson):
            await users.own_for_change(session, owner)


async def test_ones_own_rows_to_change(house: Process, stage: Stage) -> None:
    owner = stage.callers["owner"].person_id
    assert owner is not None
    async with house.runtime.db.write_session() as session:
        person, profile = await users.own_for_change(session, owner)
        assert (person.id, profile.person_id) == (owner, owner)
        with pytest.raises(NoSuchPerson):
            await users.own_for_change(session, uuid4())


async def test_who_may_see_a_photo(stage: Stage, read: ReadSession) -> None:
    people = {role: caller.person_id for role, caller in stage.callers.items()}
    expected = {"owner": ("public", set(people)), "poster": ("members", set(people) - {"anonymous"}), "stranger": ("private", {"stranger"})}
    for whose, (setting, seers) in expected.items():
        row, found = await users.photo_row(read, f"photos/{whose}{stage.mark}")
        assert (row.person_id, found) == (people[whose], setting)
        for role, person_id in people.items():
            if role in seers:
                users.check_photo(row, found, person_id)
            else:
                with pytest.raises(NoSuchPerson):
                    users.check_photo(row, found, person_id)
    with pytest.raises(NoSuchPerson):
        await users.photo_row(read, "photos/AAAAAAAAAAAAAAAA")


async def test_as_whom_a_profile_is_seen(stage: Stage, read: ReadSession) -> None:
    owner, poster = stage.callers["owner"], stage.callers["poster"]
    assert (await users.shown_profile(read, owner.handle, owner.person_id))[1] == "owner"
    assert (await users.shown_profile(read, owner.handle, poster.person_id))[1] == "member"
    assert (await users.shown_profile(read, owner.handle, None))[1] == "stranger"
    assert (await users.shown_profile(read, poster.handle, poster.person_id))[1] == "owner"
    for handle, viewer in ((poster.handle, None), (poster.handle, owner.person_id), ("nobody-at-all", owner.person_id)):
        with pytest.raises(NoSuchPerson):
            await users.shown_profile(read, handle, viewer)


@pytest.mark.parametrize("name", ["job_id", "closed", "draft", "held", "shelved"])
async def test_who_reads_a_listing(stage: Stage, read: ReadSession, name: str) -> None:
    job_id, is_public = stage.ids[name], name in ("job_id", "closed")
    poster, stranger = stage.callers["poster"].person_id, stage.callers["stranger"].person_id
    assert poster is not None and stranger is not None
    assert (await jobs.visible_job(read, job_id, poster)).id == job_id
    assert (await jobs.posters_job(read, job_id, poster)).id == job_id
    if is_public:
        assert (await jobs.public_job(read, job_id)).id == job_id
        assert (await jobs.visible_job(read, job_id, stranger)).id == job_id
    else:
        with pytest.raises(NoSuchJob):
            await jobs.public_job(read, job_id)
        with pytest.raises(NoSuchJob):
            await jobs.visible_job(read, job_id, stranger)
    with pytest.raises(NoSuchJob):
        await jobs.posters_job(read, job_id, stranger)


async def test_a_listing_that_is_none(stage: Stage, read: ReadSession) -> None:
    poster = stage.callers["poster"].person_id
    assert poster is not None
    with pytest.raises(NoSuchJob):
        await jobs.public_job(read, 2**50)
    with pytest.raises(NoSuchJob):
        await jobs.visible_job(read, 2**50, poster)
    with pytest.raises(NoSuchJob):
        await jobs.posters_job(read, 2**50, poster)


@pytest.fixture
async def session(house: Process) -> WriteSession:
    """A transaction that is never committed."""
    return house.runtime.db.write_session()


async def test_who_changes_a_listing_and_who_applies(stage: Stage, session: WriteSession) -> None:
    poster, stranger = stage.callers["poster"].person_id, stage.callers["stranger"].person_id
    assert poster is not None and stranger is not None
    async with session:
        assert (await jobs.posters_job_to_change(session, stage.ids["draft"], poster)).id == stage.ids["draft"]
        assert (await jobs.public_job_to_report(session, stage.ids["job_id"])).id == stage.ids["job_id"]
        assert (await jobs.place_to_apply(session, stage.ids["job_id"], stranger)).application_id is None
        mine = await jobs.place_to_apply(session, stage.ids["job_id"], stage.callers["owner"].person_id or stranger)
        assert mine.application_id == stage.ids["application_id"]
        for job_id, person_id in ((stage.ids["draft"], stranger), (2**50, poster)):
            with pytest.raises(NoSuchJob):
                await jobs.posters_job_to_change(session, job_id, person_id)
        for job_id in (stage.ids["draft"], stage.ids["held"], 2**50):
            with pytest.raises(NoSuchJob):
                await jobs.public_job_to_report(session, job_id)
            with pytest.raises(NoSuchJob):
                await jobs.place_to_apply(session, job_id, stranger)


async def test_whose_application_it_is(stage: Stage, session: WriteSession) -> None:
    poster, owner = stage.callers["poster"].person_id, stage.callers["owner"].person_id
    assert poster is not None and owner is not None
    job_id, application_id = stage.ids["job_id"], stage.ids["application_id"]
    async with session:
        assert (await jobs.own_application(session, job_id, owner))[1].id == application_id
        assert (await jobs.application_to_move(session, job_id, application_id, poster))[1].id == application_id
        for number, person_id in ((job_id, poster), (2**50, owner)):
            with pytest.raises(NoSuchApplication):
                await jobs.own_application(session, number, person_id)
        with pytest.raises(NoSuchJob):
            await jobs.application_to_move(session, job_id, application_id, owner)
        for number, unknown in ((stage.ids["closed"], application_id), (job_id, uuid4())):
            with pytest.raises(NoSuchApplication):
                await jobs.application_to_move(session, number, unknown, poster)


async def test_a_held_post(stage: Stage, session: WriteSession) -> None:
    async with session:
        job, review = await jobs.held_post(session, stage.ids["review_id"])
        assert (job.id, review.job_id) == (stage.ids["held"], stage.ids["held"])
        with pytest.raises(NoSuchReview):
            await jobs.held_post(session, uuid4())


async def test_what_an_operator_may_close(stage: Stage, session: WriteSession) -> None:
    async with session:
        for name in ("job_id", "held", "shelved", "closed"):
            assert (await jobs.job_for_operator(session, stage.ids[name])).id == stage.ids[name]
        for job_id in (stage.ids["draft"], 2**50):
            with pytest.raises(NoSuchJob):
                await jobs.job_for_operator(session, job_id)


async def test_ones_own_script(house: Process, read: ReadSession) -> None:
    script, owner = uuid4(), uuid4()
    async with house.runtime.db.write_session() as session:
        await scripts.add(session, script, owner, title="Iya", storage_key="scripts/abcdefgh.txt", size=1)
        await session.commit()
    assert (await projects.own_script(read, script, owner)).title == "Iya"
    for other, person in ((script, uuid4()), (uuid4(), owner)):
        with pytest.raises(NoSuchScript):
            await projects.own_script(read, other, person)
    async with house.runtime.db.write_session() as session:
        assert (await projects.own_script_to_change(session, script, owner)).title == "Iya"
        for other, person in ((script, uuid4()), (uuid4(), owner)):
            with pytest.raises(NoSuchScript):
                await projects.own_script_to_change(session, other, person)


async def test_the_door_of_conversations(house: Process, set_stage: SetStage, read: ReadSession) -> None:
    stage = await set_stage()
    owner, poster, stranger = (stage.callers[role].person_id for role in ("owner", "poster", "stranger"))
    assert owner is not None and poster is not None and stranger is not None
    talk = stage.ids["conversation_id"]
    assert (await talks.own_seat(read, talk, owner)).state == "in"
    assert (await talks.message_seen(read, talk, poster, 1)).text == stage.secret("said")
    for person_id, conversation_id in ((stranger, talk), (owner, uuid4())):
        with pytest.raises(NoSuchConversation):
            await talks.own_seat(read, conversation_id, person_id)
    with pytest.raises(NoSuchMessage):
        await talks.message_seen(read, talk, stranger, 1)
    async with house.runtime.db.write_session() as session:
        for person_id, conversation_id in ((stranger, talk), (owner, uuid4())):
            with pytest.raises(NoSuchConversation):
                await talks.seat_to_change(session, conversation_id, person_id)
            with pytest.raises(NoSuchConversation):
                await talks.floor(session, conversation_id, person_id, uuid4())
        floor = await talks.floor(session, talk, owner, uuid4())
        assert (floor.seats[owner].state, floor.before, floor.held.last_n >= 1) == ("in", None, True)
        assert (await talks.own_message(session, talk, owner, 1))[2].n == 1
        with pytest.raises(NoSuchMessage):
            await talks.own_message(session, talk, poster, 1)
        with pytest.raises(NoSuchMessage):
            await talks.own_message(session, talk, stranger, 1)
        await session.sql("update messages.member set state = 'left' where conversation_id = $1 and person_id = $2", talk, owner)
        with pytest.raises(NoSuchMessage):
            await talks.own_message(session, talk, owner, 1)
        await session.sql("update messages.conversation set frozen_at = now() where id = $1", talk)
        with pytest.raises(Frozen):
            await talks.seat_to_speak(session, talk, poster)
        assert await talks.report_to_decide(session, stage.ids["report_id"]) == (talk, owner)
        with pytest.raises(NoSuchReport):
            await talks.report_to_decide(session, uuid4())
        await session.sql("update messages.report set decision = 'dismiss' where id = $1", stage.ids["report_id"])
        with pytest.raises(ReportDecided):
            await talks.report_to_decide(session, stage.ids["report_id"])


async def test_the_door_of_files(house: Process, set_stage: SetStage, read: ReadSession) -> None:
    stage = await set_stage()
    viewers = {}
    for role in ("owner", "poster", "stranger", "operator"):
        found = await house.runtime.sessions.load(stage.callers[role].token)
        assert found is not None
        viewers[role] = found[0]
    shown, plain = stage.ids["file_id"], stage.ids["plain_file_id"]
    for role, file in (("owner", shown), ("poster", plain), ("operator", shown)):
        assert (await talks.file_seen(read, file, viewers[role])).id == file
    for role, file in (("stranger", shown), ("operator", plain), ("owner", uuid4())):
        with pytest.raises(NoSuchFile):
            await talks.file_seen(read, file, viewers[role])


async def test_the_doors_of_a_project(house: Process, set_stage: SetStage, read: ReadSession) -> None:
    stage = await set_stage()
    owner, poster, stranger = (stage.callers[role].person_id for role in ("owner", "poster", "stranger"))
    assert owner is not None and poster is not None and stranger is not None
    project = stage.ids["project_id"]
    for door in (projects.seen_project, projects.joined_project):
        assert (await door(read, project, poster)).title == stage.secret("project")
        for other, person in ((project, stranger), (uuid4(), owner)):
            with pytest.raises(NoSuchProject):
                await door(read, other, person)
    async with house.runtime.db.write_session() as session:
        assert (await projects.own_project(session, project, owner))[0].id == project
        assert (await projects.inside_project(session, project, poster))[0].id == project
        with pytest.raises(NotTheOwner):
            await projects.own_project(session, project, poster)
        await session.sql("update projects.member set state = 'asked' where project_id = $1 and person_id = $2", project, poster)
        assert (await projects.seat_to_change(session, project, poster))[1][poster] == "asked"
        for change in (projects.own_project, projects.inside_project):
            for person in (poster, stranger):
                with pytest.raises(NoSuchProject):
                    await change(session, project, person)
        await session.commit()
    assert (await projects.seen_project(read, project, poster)).state == "asked"
    with pytest.raises(NoSuchProject):
        await projects.joined_project(read, project, poster)


async def test_who_hears_a_conversation(house: Process, stage: Stage, read: ReadSession) -> None:
    viewers = {}
    for role in ("owner", "stranger"):
        found = await house.runtime.sessions.load(stage.callers[role].token)
        assert found is not None
        viewers[role] = found[0]
    key = str(stage.ids["conversation_id"])
    asked = [
        Ask(viewers["owner"], key),
        Ask(viewers["stranger"], key),
        Ask(None, key),
        Ask(viewers["owner"], "nonsense"),
        Ask(viewers["owner"], str(uuid4())),
        Ask(viewers["owner"], key.upper()),
        Ask(viewers["owner"], key.replace("-", "")),
    ]
    assert await talks.listeners(asked, read) == [True] + [False] * 6


async def test_who_does_not_hear_whom_in_a_conversation(house: Process, set_stage: SetStage, read: ReadSession) -> None:
    stage = await set_stage()
    owner = await house.runtime.sessions.load(stage.callers["owner"].token)
    poster, key = stage.callers["poster"].person_id, str(stage.ids["conversation_id"])
    assert owner is not None and poster is not None
    typing, here = (owner[0], key, "typing"), (owner[0], key, "here")
    assert await talks.apart([typing, here], read) == [set(), set()]
    async with house.runtime.db.write_session() as session:
        await session.sql("insert into messages.block (person_id, blocked_id) values ($1, $2)", poster, owner[0].person_id)
        await session.sql("insert into messages.block (person_id, blocked_id) values ($1, $2)", uuid4(), owner[0].person_id)
        await session.commit()
    assert await talks.apart([typing, (owner[0], str(uuid4()), "typing")], read) == [{poster}, set()]
    async with house.runtime.db.write_session() as session:
        await session.sql("delete from messages.block where blocked_id = $1", owner[0].person_id)
        await session.sql("update messages.choice set presence = 'nobody' where person_id = $1", owner[0].person_id)
        await session.commit()
    assert await talks.apart([typing, here], read) == [set(), {poster, owner[0].person_id}]
