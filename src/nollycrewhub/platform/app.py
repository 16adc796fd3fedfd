"""Builds the web process from a list of domain modules: routes, dependencies, guard, errors, gate."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Response, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send
from redis.exceptions import RedisError

from nollycrewhub.kit.text import has_control
from nollycrewhub.kit.told import Said, told
from nollycrewhub.platform import errors, health, idempotency, log, openapi, openid, tracing
from nollycrewhub.platform.access import Guard
from nollycrewhub.platform.admission import HEALTH, LASTING, Door
from nollycrewhub.platform.bodies import StrictRequest
from nollycrewhub.platform.cache import Valkeys
from nollycrewhub.platform.carriers import Carriers
from nollycrewhub.platform.context import SCOPE_KEY, AnyRequest, Edge, RequestContext, session_cookie
from nollycrewhub.platform.db import Database, ReadSession, WriteSession
from nollycrewhub.platform.db.failures import is_away
from nollycrewhub.platform.figures import Figures
from nollycrewhub.platform.gate import Gate
from nollycrewhub.platform.httpcache import PublicCache, asking, touching
from nollycrewhub.platform.httpcache.caches import Caches
from nollycrewhub.platform.httpcache.cdn import cdn_of
from nollycrewhub.platform.httpcache.declared import Table, table_of
from nollycrewhub.platform.live import fallback
from nollycrewhub.platform.live.channels import Channels
from nollycrewhub.platform.live.doorway import Doorway
from nollycrewhub.platform.live.hub import Hub
from nollycrewhub.platform.live.publishing import Teller
from nollycrewhub.platform.live.watching import Watch
from nollycrewhub.platform.methods import note_methods, options
from nollycrewhub.platform.module import Module, PersonalDuties
from nollycrewhub.platform.once import Once
from nollycrewhub.platform.openid import IdentityProvider
from nollycrewhub.platform.passwords import PasswordPool
from nollycrewhub.platform.ports import Ports
from nollycrewhub.platform.queries import check_names, note_names
from nollycrewhub.platform.queue import CancelHooks
from nollycrewhub.platform.ratelimit import Limiter
from nollycrewhub.platform.readiness import Readiness
from nollycrewhub.platform.rendering import ErrorPage, Renderer
from nollycrewhub.platform.reporting import Reporter
from nollycrewhub.platform.security import SAMPLE_PASSWORD
from nollycrewhub.platform.sessions import Sessions, Viewer
from nollycrewhub.platform.settings import Settings
from nollycrewhub.platform.shape import Shape, shape_of
from nollycrewhub.platform.storage import Storage

LOG = log.logger("app")
FRESH_VALKEY = 30.0
VERSION = "0.1.0"


class Runtime:
    """The long-lived parts of one process, made once and closed in the reverse order."""

    def __init__(self, settings: Settings, modules: Sequence[Module], hearers: dict[str, tuple[str, ...]]) -> None:
        self.settings = settings
        self.modules = tuple(modules)
        self.db = Database(settings, hearers=hearers)
        self.valkeys = Valkeys(settings)
        self.caches = Caches(
            self.valkeys.cache, self.valkeys.listener, memory_bytes=settings.cache_memory, cdn=cdn_of(settings),
            primary_position=self.db.write_position,
        )  # fmt: skip
        self.caches.follow(self.db)
        self.sessions = Sessions(self.valkeys.sessions)
        self.teller = Teller(self.valkeys.telling, self.sessions)
        self.teller.follow(self.db)
        self.limiter = Limiter(self.valkeys.sessions)
        self.passwords = PasswordPool(
            settings.hash_workers, refused=frozenset({SAMPLE_PASSWORD}) if settings.is_production else frozenset()
        )
        self.storage = Storage(settings.media_folder)
        self.readiness = Readiness()
        self.is_without_server = False  # whether it could not start because a server did not answer
        self.figures = Figures(settings.instance_id)
        self.reporter: Reporter | None = None
        self.ports = Ports()
        self.ports.offer(PersonalDuties, PersonalDuties(tuple(m.personal for m in modules if m.personal)))
        self.ports.offer(CancelHooks, CancelHooks.of(task for module in modules for task in module.tasks))
        self.ports.offer(Storage, self.storage)
        self.ports.offer(touching.Teller, self.caches)
        self.ports.offer(asking.Edge, self.caches)
        self.ports.offer(Sessions, self.sessions)
        self.ports.offer(Teller, self.teller)
        self.provider = openid.provider(settings)
        self.ports.offer(IdentityProvider, self.provider)
        self.ports.offer(Once, Once(self.valkeys.sessions))
        self.ports.offer(Valkeys, self.valkeys)
        self.carriers = Carriers(settings)
        self.ports.offer(Carriers, self.carriers)
        for module in modules:
            for protocol, factory in module.provides:
                self.ports.offer(protocol, factory(self.ports))

    async def start(self) -> None:
        """Opens pools; while Valkey is new nobody's mark can be known, so reads go to the primary."""
        await self.db.start()
        self.caches.start()
        try:
            age = await self.sessions.age()
        except RedisError as error:
            LOG.warning("the sessions' Valkey is away; starting without it", error=type(error).__name__)
            age = 0.0
        if age < FRESH_VALKEY:
            self.db.only_primary_for(FRESH_VALKEY - age)

    async def stop(self) -> None:
        """Closes everything."""
        self.figures.stop()
        if self.reporter is not None:
            await self.reporter.stop()
        await self.caches.stop()
        await self.teller.stop()
        await self.db.stop()
        await self.valkeys.stop()
        await self.provider.stop()
        await self.carriers.stop()
        await self.passwords.stop()
        await tracing.switch_off()


def context_of(request: AnyRequest) -> RequestContext:
    """The gate's context of this request."""
    context: RequestContext = request.scope[SCOPE_KEY]  # type: ignore[literal-required]
    return context


async def provide_read(request: AnyRequest) -> ReadSession:
    """Reads as this caller may see them."""
    return await context_of(request).read_session()


async def provide_write(request: AnyRequest) -> WriteSession:
    """The request's transaction."""
    return context_of(request).write_session()


async def provide_viewer(request: AnyRequest) -> Viewer | None:
    """Who is signed in, if anyone."""
    return await context_of(request).viewer()


async def provide_member(request: AnyRequest) -> Viewer:
    """Who is signed in; the guard has already turned strangers away, and this holds without it too."""
    viewer = await context_of(request).viewer()
    if viewer is None:
        raise errors.SignInNeeded
    return viewer


async def provide_operator(request: AnyRequest) -> Viewer:
    """The operator; anybody else finds nothing here."""
    viewer = await provide_member(request)
    if not viewer.operator:
        raise errors.NotFound
    return viewer


async def provide_shape(request: AnyRequest) -> Shape:
    """Full or compact."""
    return shape_of(context_of(request), request.query_params.get("view"))


async def provide_context(request: AnyRequest) -> RequestContext:
    """The gate's context."""
    return context_of(request)


def fixed(value: object) -> Provide:
    """A dependency that is one object for the whole process."""
    return Provide(lambda: value, sync_to_thread=False)


def dependencies(runtime: Runtime, doorway: Doorway) -> dict[str, Provide]:
    """What a handler may ask for by name."""
    return {
        "read": Provide(provide_read),
        "write": Provide(provide_write),
        "viewer": Provide(provide_viewer),
        "member": Provide(provide_member),
        "operator": Provide(provide_operator),
        "shaped": Provide(provide_shape),
        "context": Provide(provide_context),
        "sessions": fixed(runtime.sessions),
        "limiter": fixed(runtime.limiter),
        "passwords": fixed(runtime.passwords),
        "settings": fixed(runtime.settings),
        "storage": fixed(runtime.storage),
        "ports": fixed(runtime.ports),
        "db": fixed(runtime.db),
        "readiness": fixed(runtime.readiness),
        "figures": fixed(runtime.figures),
        "doorway": fixed(doorway),
    }


def resolve_in_turn(litestar: Litestar) -> None:
    """Dependencies one after the other: Litestar starts a task for each of them, and ours have nothing to wait for.

    Each task costs about as much as the reading of a session; a test holds that the answers stay the same.
    """
    for route in litestar.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                in_turn = sorted((one for batch in model.dependency_batches for one in batch), key=lambda one: one.key)
                if any(one.dependencies for one in in_turn):
                    raise RuntimeError(f"{route.path} asks for a dependency that has dependencies of its own")
                model.dependency_batches = [{one} for one in in_turn]


def check_search(request: AnyRequest) -> None:
    """Invalid for a search text that is no UTF-8, or holds what nobody can type."""
    if b"%" not in request.scope["query_string"]:
        return
    text = request.query_params.get("q", "")
    if "\ufffd" in text or has_control(text, lines=True):
        raise errors.Invalid(told("This search holds characters that cannot be read. Type it again."), field="q")


async def before_request(request: AnyRequest) -> Response[bytes] | None:
    """Gives a stored answer to a repeated Idempotency-Key, or claims the key for this request.

    A route that declares `secret` answers with a token nobody may keep: nothing is stored, a repeat makes the same one.
    """
    if request.scope["method"] == "OPTIONS":
        return options(request)
    check_names(request)
    if request.scope["method"] in ("GET", "HEAD"):
        check_search(request)
        return None
    if request.scope["path"].startswith("/api/"):
        openapi.check_media(request.route_handler, request.headers.get("content-type", ""))
    key = request.headers.get("idempotency-key")
    if key is None or not request.scope["path"].startswith("/api/"):
        return None
    context = context_of(request)
    viewer = await context.viewer()
    caller = str(viewer.person_id) if viewer else f"address:{context.address}"
    body = await request.body()
    mine = idempotency.claim(
        secret=context.secret, caller=caller, key=key, method=request.scope["method"], path=request.scope["path"], body=body
    )
    if request.route_handler.opt.get("secret"):
        context.wished_token = idempotency.token_of(context.secret, mine)
        return None
    context.idempotency = mine
    stored = await idempotency.take(context.write_session(), mine)
    if stored is None:
        return None
    await context.write_session().rollback()
    idempotency.release(mine)
    context.idempotency = None
    return Response(
        stored.body,
        status_code=stored.status,
        headers={**stored.headers, "idempotent-replayed": "true"},
        media_type=stored.headers.get("content-type"),
    )


def build(
    settings: Settings,
    modules: Sequence[Module],
    *,
    hearers: dict[str, tuple[str, ...]],
    extra_routes: Sequence[Any] = (),
    error_page: ErrorPage | None = None,
) -> "Process":
    """A web process: the ASGI application, its runtime and its inner Litestar app."""
    runtime = Runtime(settings, modules, hearers)
    guard = Guard(own_origins=own_origins(settings), limiter=runtime.limiter)
    doorway = doorway_of(runtime)

    openapi.declare(route for module in modules for route in module.routes)
    litestar = Litestar(
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=800, gzip_compress_level=5, exclude=["^/assets/", "^/live/events", "^/api/messages/files/"]
        ),
        route_handlers=[
            *health.ROUTES,
            *fallback.ROUTES,
            *extra_routes,
            *(route for module in modules for route in module.routes),
        ],
        dependencies=dependencies(runtime, doorway),
        guards=[guard],
        before_request=before_request,
        request_class=StrictRequest,
        exception_handlers=Renderer(error_page).handlers(),
        type_encoders={Said: str},
        lifespan=[lifespan_of(runtime, doorway)],
        openapi_config=openapi.Truthful(
            title="NollyCrewHub",
            version=VERSION,
            use_handler_docstrings=True,
            render_plugins=[JsonRenderPlugin()],
            components=openapi.schemes(session_cookie(settings)),
            openapi_router=Router(path="/schema", route_handlers=[], opt={"access": "public"}, include_in_schema=False),
        ),
        request_max_body_size=None,
        debug=False,
        logging_config=None,
        signature_types=[],
    )
    resolve_in_turn(litestar)
    note_names(litestar)
    note_methods(litestar)
    gate = Gate(
        litestar, settings=settings, db=runtime.db, sessions=runtime.sessions, readiness=runtime.readiness,
        body_limits=body_limits(litestar),
    )  # fmt: skip
    table = table_of(litestar.routes) if settings.shared_caches else Table()
    front = PublicCache(gate, table=table, caches=runtime.caches)
    admission, readiness = gate.admission, runtime.readiness
    runtime.reporter = Reporter(
        runtime.valkeys.telling, settings.instance_id, "web", limit=admission.most, busy_seconds=admission.busy_seconds,
        is_ready=lambda: not readiness.draining, sockets=lambda: len(doorway.hub.clients), reads=runtime.db.reads,
    )  # fmt: skip
    return Process(front, gate, litestar, runtime=runtime, doorway=doorway)


def lifespan_of(runtime: Runtime, doorway: Doorway) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What is opened before the first request and closed after the last."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        try:
            await runtime.start()
            await runtime.db.warm()
            await runtime.passwords.start()
            if runtime.reporter is not None:
                runtime.reporter.start()
        except Exception as error:
            runtime.is_without_server = is_away(error)
            frames = None if runtime.is_without_server else error
            LOG.error("could not start; `nollycrewhub doctor` says what is missing", error=type(error).__name__, exc_info=frames)
            raise
        try:
            yield
        finally:
            await doorway.watch.stop()
            await runtime.stop()

    return lifespan


def doorway_of(runtime: Runtime) -> Doorway:
    """The entrance to this process's live connections."""
    settings = runtime.settings
    channels = Channels(channel for module in runtime.modules for channel in module.channels)
    hub = Hub(db=runtime.db, channels=channels, teller=runtime.teller)
    watch = Watch(hub, db=runtime.db, sessions=runtime.sessions, valkeys=runtime.valkeys)
    return Doorway(
        hub, watch, runtime.sessions, own_origins=own_origins(settings), edge=Edge(settings.edge_addresses),
        session_cookie=session_cookie(settings),
    )  # fmt: skip


def own_origins(settings: Settings) -> frozenset[str]:
    """The addresses our own pages come from; a laptop has several."""
    own = {settings.public_url.rstrip("/")}
    if settings.region_routing == "redirect":
        own |= {url.rstrip("/") for url in settings.region_urls.values()}
    if not settings.is_production:
        own |= {f"http://{host}:{settings.port}" for host in ("127.0.0.1", "localhost", "[::1]")}
    return frozenset(own)


def body_limits(litestar: Litestar) -> dict[str, int]:
    """The routes that read more (or less) than the usual limits, by their path; such a path has no parameter."""
    return {
        route.path: handler.opt["body_limit"]
        for route in litestar.routes
        for handler in getattr(route, "route_handlers", [])
        if "body_limit" in handler.opt
    }


class Process:
    """What a server runs (it is an ASGI application), with its parts in reach for tests and commands."""

    def __init__(self, front: PublicCache, gate: Gate, litestar: Litestar, *, runtime: Runtime, doorway: Doorway) -> None:
        self.front = front
        self.gate = gate
        self.door = Door(
            gate.admission,
            headers=gate.headers,
            region=gate.edge.region,
            may_know=front.may_know,
            is_leaving=lambda: gate.readiness.draining,
        )
        self.litestar = litestar
        self.runtime = runtime
        self.doorway = doorway
        self.entrance = tracing.traced(front, trusts=gate.edge.trusts, silent=HEALTH | LASTING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves."""
        await self.entrance(scope, receive, send)


__all__ = ["ASGIApp", "Process", "Runtime", "build"]
