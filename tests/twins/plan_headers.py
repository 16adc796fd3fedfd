"""BAD TWIN of our HTTP headers, on purpose: the plan's `public, max-age=900` on the list of jobs. Never import this from the program.

A browser keeps such an answer for a quarter of an hour and asks nobody, so a person who has just posted does not see it.
"""

from typing import Any


class PlanHeaders:
    """The program with the plan's header on every answer that everyone shares."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves."""

        async def changed(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    (name, b"public, max-age=900" if (name, value) == (b"cache-control", b"public, no-cache") else value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.application(scope, receive, changed)
