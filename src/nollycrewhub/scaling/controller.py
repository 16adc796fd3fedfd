"""The scaler itself: of many controllers one leads. It looks every few seconds, decides by the rules, stores why, then asks.

A decision is stored on the connection that makes its maker the leader, before anybody is asked to do anything: who has lost
that connection can neither store nor ask. What is remembered between looks is read back by the next leader, so a change of
leaders is no change of mind.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from nollycrewhub.platform import log, tracing
from nollycrewhub.platform.db import Leadership, LeadLost
from nollycrewhub.platform.ending import ended
from nollycrewhub.scaling import repository, telling
from nollycrewhub.scaling.actuators.port import Actuator, ActuatorError
from nollycrewhub.scaling.calendar import Calendar, read_calendar
from nollycrewhub.scaling.collecting import Collector
from nollycrewhub.scaling.rules.calendar import busy_at
from nollycrewhub.scaling.rules.deciding import INVESTIGATE, Decision, Policy, Sample, State, decide
from nollycrewhub.scaling.rules.figuring import Figures, sample_of

EVERY = 5.0
LOCK = (0x6E6368, 1)  # "nch" and the first lock of its kind
PATIENCE = 10.0  # s for the actuator
ASKED = "asked"
FORGET_EVERY = 300.0
GIVES_UP = 60.0  # s of an actuator that cannot be seen or refuses, after which an operator has to know
AWAY = "actuator_away"  # what such an incident is called
LOG = log.logger("scaling")
T = TypeVar("T")
Tell = Callable[[str, msgspec.Struct], None]


def nobody(_: str, __: msgspec.Struct) -> None:
    """Nobody listens."""


class Controller:
    """One candidate; `run` it until `stopping`. `tell` is given each look's sample and each decision that changes something."""

    def __init__(
        self, lead: Leadership, actuator: Actuator, collector: Collector, *, policy: Policy, every: float = EVERY,
        tell: Tell = nobody,
    ) -> None:  # fmt: skip
        self.lead = lead
        self.actuator = actuator
        self.collector = collector
        self.policy = policy
        self.every = every
        self.calendar: Calendar | None = None
        self.tell = tell
        self.stopping = asyncio.Event()
        self.state = State()
        self.term = 0
        self.held: tuple[int, Decision] | None = None
        self.not_before = 0.0
        self.forgot = 0.0
        self.gives_up = GIVES_UP
        self.stuck_since: float | None = None
        self.is_given_up = True  # a leader before may have given up; the first look that goes well closes its incident

    async def run(self) -> None:
        """Leads whenever it can, until told to stop; then lets another one lead at once."""
        while not self.stopping.is_set():
            if await self.lead.campaign():
                telling.LEADS.set(1)
                try:
                    await self._lead()
                finally:
                    telling.LEADS.set(0)
                    telling.WANTED.clear()  # the next leader's to say
            await self._wait(self.every)
        await self.lead.resign()

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _lead(self) -> None:
        """Leads until the lead is lost or it is time to stop; whatever is under way then is dropped where it is."""
        reign = asyncio.create_task(self._reign())
        ends = [asyncio.create_task(self.lead.lost.wait()), asyncio.create_task(self.stopping.wait())]
        await asyncio.wait({reign, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for task in (reign, *ends):
            await ended(task)
        (error, *_) = await asyncio.gather(reign, *ends, return_exceptions=True)
        if isinstance(error, Exception) and not isinstance(error, LeadLost):
            LOG.error("the scaler stumbled; another one may lead", error=type(error).__name__, exc_info=error)
            await self.lead.resign()
        elif not self.stopping.is_set():
            LOG.warning("the lead is lost", term=self.term)

    async def _reign(self) -> None:
        self.term = await repository.begin_term(self.lead, self.lead.who)
        now = await repository.clock(self.lead)
        self.state = await repository.remembered(
            self.lead, now=now, window=self.policy.window, stabilisation=self.policy.stabilisation
        )  # fmt: skip
        self.held = None
        self.stuck_since, self.is_given_up = None, True
        LOG.info("leads", term=self.term, actuator=self.actuator.name)
        while True:
            began, pause = time.monotonic(), self.every
            try:
                with tracing.begun("scale look"):
                    await self.look()
            except ActuatorError as error:
                LOG.warning("the fleet cannot be seen, so nothing is decided", why=str(error))
                telling.FAILED.labels("look").inc()
                pause = max(self.every, error.retry_after or 0.0)
                await self._stuck(f"The fleet cannot be seen: {error}")
            await self._forget()
            await self._rest(began + pause)

    async def _rest(self, until: float) -> None:
        """Sleeps, and shows in a long rest that the leader is there (`Leadership.idle`)."""
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, self.lead.idle / 4))
            if left > self.lead.idle / 4:
                await repository.clock(self.lead)

    async def look(self) -> Decision:
        """One look and its decision. ActuatorError when the fleet cannot be seen, LeadLost when this is not the leader any more."""
        sample, figures = await self._sample()
        policy = self.policy if figures.limit is None else msgspec.structs.replace(self.policy, in_flight_limit=figures.limit)
        decision, state = decide(policy, self.state, sample)
        await repository.store_look(self.lead, self.term, sample, figures=figures, wish=state.wishes[-1])
        decision_id = await self._store(decision, sample)
        self.state = state
        for role, count in (("web", decision.web), ("worker", decision.workers)):
            telling.WANTED.labels(role).set(count)
        await self._incidents(decision, sample, decision_id)
        told: dict[str, str | int] = {
            "nch.scaling.term": self.term, "nch.scaling.decision": decision_id, "nch.scaling.web": decision.web,
            "nch.scaling.workers": decision.workers, "nch.scaling.actions": ", ".join(decision.actions),
        }  # fmt: skip
        tracing.tell(**told)
        if repository.is_held(decision, sample) or (outcome := await self._ask(decision_id, decision, sample)) == ASKED:
            await self._unstuck()
        else:
            await self._stuck(f"What was decided is not done: {outcome}")
        self.tell("scaling.look", sample)
        return decision

    async def _sample(self) -> tuple[Sample, Figures]:
        with tracing.inner(f"see {self.actuator.name}", "client"):
            fleet = await patiently(self.actuator.fleet())
        figures = await self.collector.look(await repository.queue_states(self.lead))
        at = await repository.clock(self.lead)
        self.calendar = await read_calendar(self.lead, known=self.calendar)
        ready_for = busy_at(datetime.fromtimestamp(at, UTC), self.calendar.table).ready_for
        numbers = (fleet.web, fleet.workers, fleet.web_asked, fleet.workers_asked)
        return sample_of(figures, at=at, fleet=numbers, ready_for=ready_for), figures

    async def _store(self, decision: Decision, sample: Sample) -> int:
        """Stores it, or that the one before still holds."""
        is_same = (
            self.held is not None and repository.is_held(decision, sample) and not decision.incident and not decision.is_over
            and (self.held[1].web, self.held[1].workers, self.held[1].actions) == (decision.web, decision.workers, decision.actions)
        )  # fmt: skip
        held = self.held[0] if self.held is not None and is_same else None
        decision_id = await repository.store_decision(self.lead, self.term, sample, decision=decision, held=held)
        self.held = (decision_id, decision) if repository.is_held(decision, sample) else None
        return decision_id

    async def _incidents(self, decision: Decision, sample: Sample, decision_id: int) -> None:
        if decision.incident and await repository.open_incident(
            self.lead, INVESTIGATE, decision.incident, decision=decision_id, at=sample.at
        ):
            LOG.error("an incident is open", what=decision.incident)
        if decision.is_over and await repository.close_incident(self.lead, INVESTIGATE, at=sample.at):
            LOG.info("the incident is over")

    async def _stuck(self, why: str) -> None:
        """Nothing can be done about the fleet. After a while that is an incident, for nobody else would notice before the next rush."""
        now, at = time.monotonic(), await repository.clock(self.lead)  # which shows too that the leader is there, though it looks in vain
        self.stuck_since = now if self.stuck_since is None else self.stuck_since
        if now - self.stuck_since < self.gives_up:
            return
        self.is_given_up = True
        decision_id = self.held[0] if self.held is not None else 0
        if await repository.open_incident(self.lead, AWAY, f"{self.actuator.name}: {why}", decision=decision_id, at=at):
            LOG.error("an incident is open", what=why)

    async def _unstuck(self) -> None:
        self.stuck_since = None
        if self.is_given_up and await repository.close_incident(self.lead, AWAY, at=await repository.clock(self.lead)):
            LOG.info("the fleet can be scaled again")
        self.is_given_up = False

    async def _ask(self, decision_id: int, decision: Decision, sample: Sample) -> str:
        """What became of it."""
        if (wait := self.not_before - time.monotonic()) > 0:
            outcome = f"it wants to be left alone for {wait:.0f} s more."
        else:
            try:
                with tracing.inner(f"ask {self.actuator.name}", "client"):
                    await patiently(self.actuator.ask(web=decision.web, workers=decision.workers))
                outcome = ASKED
            except ActuatorError as error:
                outcome = str(error)
                telling.FAILED.labels("ask").inc()
                self.not_before = time.monotonic() + (error.retry_after or 0.0)
        LOG.info(
            "decided", web_before=sample.web_asked, web=decision.web, workers_before=sample.workers_asked, workers=decision.workers,
            why="; ".join(decision.reasons), outcome=outcome,
        )  # fmt: skip
        await repository.store_outcome(self.lead, decision_id, outcome)
        self.tell("scaling.decision", decision)
        return outcome

    async def _forget(self) -> None:
        if time.monotonic() - self.forgot > FORGET_EVERY:
            self.forgot = time.monotonic()
            await repository.forget(self.lead)


async def patiently(answer: Coroutine[Any, Any, T]) -> T:
    """An actuator's answer, or ActuatorError when it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        raise ActuatorError(f"It did not answer within {PATIENCE:.0f} s.") from None
