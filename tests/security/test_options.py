"""OPTIONS and the refusal of a method name the same methods: all that the table has for the path."""

from nollycrewhub.platform.app import Process
from tests.security.conftest import SetStage
from tests.security.table import TABLE, address


async def test_options_names_every_method_of_a_path(house: Process, set_stage: SetStage) -> None:
    stage = await set_stage()
    wrong = []
    for path in {row.path for row in TABLE}:
        rows = [row for row in TABLE if row.path == path]
        methods = {row.method for row in rows}
        allowed = ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
        for method, status in (("OPTIONS", 204), ("PATCH", 405)):
            answer = await stage.callers["owner"].ask(method, address(rows[0], stage.ids))
            if (answer.status_code, answer.headers.get("allow")) != (status, allowed):
                wrong.append(f"{method} {path} -> {answer.status_code} {answer.headers.get('allow')}, not {allowed}")
    assert not wrong, "\n".join(wrong)
