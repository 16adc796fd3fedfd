"""This domain's queue jobs."""

from nollycrewhub.domains.users import service
from nollycrewhub.domains.users.schemas import SignInCode
from nollycrewhub.platform.queue import Work, task


@task(
    "users.sign-in-code",
    payload=SignInCode,
    timeout=30,
    attempts=8,
    backoff=2.0,
    why="the code holds half an hour, and who waits for it tries again",
)
async def sign_in_code(payload: SignInCode, work: Work) -> None:
    """Sends the code of a challenge, if its password was right."""
    await service.send_sign_in_code(work.session, payload, settings=work.settings)


TASKS = (sign_in_code,)
