"""/api/projects/scripts: upload a script as plain text, watch it being read, try again, see its scenes."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.datastructures import UploadFile
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, RequestBody, Schema
from litestar.params import Parameter

from nollycrewhub.domains.projects import service
from nollycrewhub.domains.projects.errors import EmptyScript, NotPlainText
from nollycrewhub.domains.projects.schemas import ScriptAnswer, ScriptList, ScriptScenes
from nollycrewhub.kit.told import told
from nollycrewhub.platform.context import AnyRequest
from nollycrewhub.platform.created import created
from nollycrewhub.platform.db import ReadSession, WriteSession
from nollycrewhub.platform.openapi import Repeatable
from nollycrewhub.platform.sessions import Viewer
from nollycrewhub.platform.storage import Storage

MOST_BYTES = 20_000_000
FORM_BYTES = 10_000  # what a form puts around the file


@dataclass
class ScriptUpload(Repeatable):
    """The operation whose body the handler reads itself, a piece at a time, so the framework cannot describe it."""

    def __post_init__(self) -> None:
        """Adds the two forms of the body."""
        super().__post_init__()
        text, file = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        form = Schema(type=OpenAPIType.OBJECT, properties={"script": file, "title": text}, required=["script"])
        media = {"text/plain": OpenAPIMediaType(schema=text), "multipart/form-data": OpenAPIMediaType(schema=form)}
        self.request_body = RequestBody(required=True, content=media)


@post(
    "/api/projects/scripts", access="member", body_limit=MOST_BYTES + FORM_BYTES, summary="Upload a script as plain text",
    problems=(429,), operation_class=ScriptUpload,
    description="The text itself as text/plain (title in the query), or a form with the file in the field `script`.",
)  # fmt: skip
async def upload_script(
    request: AnyRequest, write: WriteSession, member: Viewer, storage: Storage,
    title: Annotated[str, Parameter(max_length=200)] = "",
) -> Response[ScriptAnswer]:  # fmt: skip
    """Stores it and queues the reading."""
    kind = request.content_type[0]
    if kind == "multipart/form-data":
        form = await request.form()
        file = form.get("script")
        if not isinstance(file, UploadFile):
            raise EmptyScript(told("Choose the script's file."), field="script")
        pieces = service.pieces_of(file.read)
        title = title or str(form.get("title") or "") or (file.filename or "").rsplit(".", 1)[0]
    elif kind == "text/plain":
        pieces = request.stream()
    else:
        raise NotPlainText(told("Send the script as text/plain, or as a file in a form."))
    script = await service.upload(write, member.person_id, pieces, title=title, storage=storage)
    return created(ScriptAnswer(script=script), f"/api/projects/scripts/{script.id}")


@get("/api/projects/scripts", access="member", summary="Own scripts, newest first")
async def list_scripts(
    read: ReadSession, member: Viewer, cursor: UUID | None = None, limit: Annotated[int, Parameter(ge=1, le=100)] = service.PAGE
) -> ScriptList:  # fmt: skip
    """`next` of one answer is `cursor` of the following one."""
    return await service.listing(read, member.person_id, before=cursor, limit=limit)


@get("/api/projects/scripts/{script_id:uuid}", access="member", summary="One own script: state, progress, scenes")
async def get_script(
    script_id: UUID, read: ReadSession, member: Viewer, cursor: Annotated[int, Parameter(ge=0, le=10**6)] = 0,
    limit: Annotated[int, Parameter(ge=1, le=100)] = service.SCENES,
) -> ScriptScenes:  # fmt: skip
    """Scenes come in the script's order; `next` of one answer is `cursor` of the following one."""
    return await service.look(read, member.person_id, script_id, after=cursor, limit=limit)


@post(
    "/api/projects/scripts/{script_id:uuid}/again", access="member", summary="Have an own script read again", status_code=200, problems=(429,)
)  # fmt: skip
async def read_script_again(script_id: UUID, write: WriteSession, member: Viewer) -> ScriptAnswer:
    """One whose reading failed or was cancelled waits once more; one that waits already is left alone, one that was read is refused."""
    return ScriptAnswer(script=await service.read_again(write, member.person_id, script_id))


@delete("/api/projects/scripts/{script_id:uuid}", access="member", summary="Delete an own script", status_code=204)
async def delete_script(script_id: UUID, write: WriteSession, member: Viewer) -> None:
    """Its scenes, its job and its file go with it."""
    await service.delete(write, member.person_id, script_id)


ENDPOINTS = (upload_script, list_scripts, get_script, read_script_again, delete_script)
