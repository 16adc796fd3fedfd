// One live connection a page: subscribes, resumes after a break, and falls back from a WebSocket to server-sent events to
// polling. docs/mechanisms/realtime.md describes the frames. `live.on(channel, heard)` is all a page needs; `heard` gets
// {kind, data, at}: kind "open" when the channel is followed from now on, "fresh" when something was missed for good.
const QUIET_AFTER = 300_000; // a hidden page lets go, to save data and battery
const UNSEEN_AFTER = 1_000; // at once of a stream or a poll: of those a browser may have six a site, for all pages and what they load
const SLACK = 10_000;
const LONGEST = 60_000;
const STEADY = 25_000; // a line that held so long was one; a shorter one counts as a failure
const PUBLIC = new Set(["jobs"]);
const OWN = "person:me";

const channels = new Map(); // name -> {e, n, at, heard: [functions]}
const asked = new Map(); // a channel's own name -> what it was asked for as: person:me
let socket, events, polling; // the transport in use, at most one of them
let wish = sessionStorage.getItem("live") || "socket";
let failures = 0, isOpen = false, wasOpen = false, openedAt = 0, spread = 1, beat = 25, numbers = 0, me, timer, heartbeat, lastHeard = 0, hiddenTimer, retryAt = 0;

const chance = (most) => Math.random() * most;
const wanted = (names) => names.map((ch) => {
  const { e, n } = channels.get(ch);
  return n === undefined ? { ch } : { ch, e, n };
});

/** What was fetched from now on has at least this position, on whichever server it is read. */
export const remember = (at) => {
  if (at) document.cookie = `nch_seen=${at}; Path=/; Max-Age=60; SameSite=Lax`;
};

/** Fetches what a message is about: the server answers from a place that has it. */
export const follow = (path, at, options = {}) =>
  fetch(path, { ...options, headers: { ...options.headers, ...(at ? { "x-nch-position": at } : {}) } });

const tell = (name, told) => {
  if (told.at && !PUBLIC.has(name)) remember(told.at);
  for (const heard of channels.get(name)?.heard || []) heard(told);
};

const hear = (frame) => {
  if (retryAt === Infinity) return;
  lastHeard = Date.now();
  const name = asked.get(frame.ch) ?? frame.ch;
  const channel = channels.get(name);
  if (frame.op === "hello") {
    ({ spread, beat } = frame);
    if (me && frame.who !== me) return leave();
    me = frame.who;
    if (!isOpen) openedAt = Date.now();
    isOpen = wasOpen = true;
  } else if (frame.op === "pong") spread = frame.spread;
  else if (frame.op === "sub") {
    for (const one of frame.on) stand(one);
    for (const { ch } of frame.no) close(ch);
  } else if (frame.op === "msg" && channel) {
    if (frame.n === undefined) return tell(name, { kind: frame.k, data: frame.d, by: frame.by });
    if (frame.e === channel.e && frame.n <= channel.n) return;
    if (channel.n !== undefined && frame.e === channel.e && frame.n > channel.n + 1) return ask([name]);
    Object.assign(channel, { e: frame.e, n: frame.n, at: frame.at });
    tell(name, { kind: frame.k, data: frame.d, at: frame.at });
  } else if (frame.op === "fresh" && channel) {
    Object.assign(channel, { e: frame.e, n: frame.n, at: frame.at });
    setTimeout(() => tell(name, { kind: "fresh", at: frame.at }), chance(frame.spread * 1000));
  } else if (frame.op === "gone") close(name);
  else if (frame.op === "bye") {
    retryAt = frame.retry === null ? Infinity : Date.now() + frame.retry * 1000;
    if (frame.why === "signed-out") for (const name of channels.keys()) tell(name, { kind: "signed-out" });
  }
};

// Where a channel stands: the first time it begins, later it continues, or what was missed cannot be told one by one.
const stand = ({ ch: own, as: ch = own, e, n, at, fresh }) => {
  if (ch !== own) asked.set(own, ch);
  const channel = channels.get(ch);
  if (!channel) return;
  const isNew = channel.n === undefined;
  if (isNew || fresh) Object.assign(channel, { e, n, at });
  if (isNew || fresh) tell(ch, { kind: isNew ? "open" : "fresh", at, standing: `${e} ${n}` });
};

// A channel one may not hear any more. One's own is closed only to whoever is not signed in.
const close = (name) => {
  if (name === OWN) return leave();
  tell(name, { kind: "gone" });
  channels.delete(name);
};

// The session that this page was made in has ended while there was no line, or somebody else's has taken its place.
const leave = () => {
  stop();
  retryAt = Infinity;
  tell(OWN, { kind: "signed-out" });
};

const ask = (names) => {
  if (socket?.readyState === 1) socket.send(JSON.stringify({ op: "sub", id: ++numbers, to: wanted(names) }));
  else if (events || polling) restart(0); // what one listens to is in the address
};

const stop = () => {
  clearTimeout(timer);
  clearInterval(heartbeat);
  if (socket) socket.onclose = socket.onmessage = null;
  socket?.close(1000);
  events?.close();
  polling?.abort();
  socket = events = polling = undefined;
  isOpen = false;
};

const restart = (wait) => {
  stop();
  timer = setTimeout(start, wait);
};

// Another transport, if the site answers: while it is away none opens, and the tab would do without a socket for good.
const doWithout = () => fetch(`/live/poll${query()}&wait=0`).then(({ ok }) => {
  if (ok && !isOpen) sessionStorage.setItem("live", (wish = wish === "socket" ? "events" : "poll"));
}, () => {});

// A connection ended, or never was: come back at a random moment, later each time and never in less than the server's own
// spread, so that those who lost it together do not come back together; give a transport up that never opens.
const lost = () => {
  const opened = isOpen;
  failures = opened && Date.now() - openedAt > STEADY ? 0 : failures + 1;
  stop();
  if (retryAt === Infinity) return;
  if (!opened && failures % 2 === 0 && navigator.onLine && !wasOpen) doWithout();
  const soonest = Math.max(0, retryAt - Date.now());
  retryAt = 0;
  const span = failures ? Math.max(spread * 1000, Math.min(LONGEST, 1000 * 2 ** failures)) : spread * 1000;
  restart(soonest ? soonest + chance(1000) : chance(span));
};

const start = () => {
  stop();
  if (!channels.size || !navigator.onLine || (document.hidden && wish !== "socket")) return;
  lastHeard = Date.now();
  heartbeat = setInterval(listen, beat * 1000);
  if (wish === "socket") openSocket();
  else if (wish === "events") openEvents();
  else poll();
};

// A line may die without a word. A stream says something every fifteen seconds, a poll is answered after twenty-five, and a
// socket is asked.
const listen = () => {
  if (Date.now() - lastHeard > beat * 1000 + SLACK) lost();
  else if (socket?.readyState === 1) socket.send('{"op":"ping"}');
};

const openSocket = () => {
  socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
  socket.onopen = () => ask([...channels.keys()]);
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = lost;
};

const query = () => `?to=${encodeURIComponent(JSON.stringify(wanted([...channels.keys()])))}`;

const openEvents = () => {
  events = new EventSource("/live/events" + query());
  events.onmessage = ({ data }) => hear(JSON.parse(data));
  events.onerror = lost;
};

const poll = async () => {
  polling = new AbortController();
  const { signal } = polling;
  try {
    while (!signal.aborted) {
      const answer = await fetch("/live/poll" + query(), { signal });
      if (!answer.ok) throw new Error(answer.status);
      for (const frame of (await answer.json()).frames) hear(frame);
      if (retryAt) throw new Error("bye");
    }
  } catch {
    if (!signal.aborted) lost();
  }
};

/** Hears a channel from now on; the answer ends it. Who comes when the channel is followed already is told "open" too. */
export const on = (name, heard) => {
  const known = channels.get(name);
  if (known) {
    known.heard.push(heard);
    const { e, n, at } = known;
    if (n !== undefined) queueMicrotask(() => heard({ kind: "open", at, standing: `${e} ${n}` }));
  } else {
    channels.set(name, { heard: [heard] });
    if (socket) ask([name]); // one that opens asks for all
    else restart(0);
  }
  return () => {
    const channel = channels.get(name);
    if (!channel) return;
    channel.heard = channel.heard.filter((one) => one !== heard);
    if (channel.heard.length) return;
    channels.delete(name);
    if (socket?.readyState === 1) socket.send(JSON.stringify({ op: "unsub", ch: [name] }));
  };
};

/** Tells the other listeners something that nobody stores; false where there is no line for it. */
export const say = (name, kind, data = null) => {
  if (socket?.readyState !== 1) return false;
  socket.send(JSON.stringify({ op: "say", ch: name, k: kind, d: data }));
  return true;
};

/** How the page is connected just now: "socket", "events", "poll", or "" when it is not. */
export const transport = () => (isOpen ? wish : "");

/** Connects again after a session's end, when there is a new one. */
export const resume = () => {
  retryAt = 0;
  restart(0);
};

addEventListener("online", () => restart(chance(spread * 1000)));
addEventListener("offline", stop);
addEventListener("pagehide", stop);
addEventListener("pageshow", ({ persisted }) => persisted && restart(0));
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(stop, wish === "socket" ? QUIET_AFTER : UNSEEN_AFTER);
  else if (!socket && !events && !polling) restart(chance(500));
});
