// What pages do with live messages: the unread count on top, "3 new jobs" over the list, and regions that show what is now.
import { follow, on, remember, resume } from "./live.js";
import "./outbox.js"; // what waits on this phone goes out from whichever page is open

const LEAVING = 10_000;
const me = () => document.querySelector('#strip a[href="/me"]');
const tag = () => document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1];
const whose = tag();

// The strip holds both counts, of notices and of messages, from the same rows as the pages they lead to: one request for both.
let asked = 0, shown = 0;
const strip = async (at) => {
  const turn = ++asked;
  const answer = await follow("/me/strip", at, { headers: { accept: "text/html", "hx-request": "true" } }).catch(() => null);
  const html = answer?.ok && !answer.redirected && (await answer.text().catch(() => ""));
  return html && { turn, fresh: new DOMParser().parseFromString(html, "text/html") };
};

// What is on top is brought up to it, unless a later one was quicker. On a page of one's own the way to the messages is there
// only while some are unread.
const show = ({ turn, fresh }) => {
  if (turn < shown) return;
  shown = turn;
  for (const name of ["[data-badge]", "#unread"]) {
    const [now, then] = [document.querySelector(`#strip ${name}`), fresh.querySelector(name)];
    if (!then) continue;
    if (now) {
      now.replaceChildren(...then.childNodes); // the same link, for whoever has just come to it by keyboard
      now.hidden = then.hidden;
      now.ariaLabel = then.ariaLabel;
    } else if (name === "#unread") me()?.after(" ", then);
    else if (then.querySelector(".count")) me()?.before(then, " ");
  }
};

// One at a time: positions come in order, so the last one known is the furthest.
let isAsking = false, again;
const count = async (at) => {
  if (isAsking) return (again = at || again || "");
  isAsking = true;
  const found = await strip(at);
  if (found) show(found);
  isAsking = false;
  const next = again;
  again = undefined;
  if (next !== undefined) count(next);
};
const COUNTED = ["open", "fresh", "notice", "notices-read", "message", "message-changed", "read", "conversation", "blocks"];

// The session has ended, here or elsewhere, or is another person's now: what is on screen goes, and the answer takes the hint
// away. Where a form of this page ended it, the next page is on its way with a new one (the password typed again) or with none,
// and is not stopped.
let left = 0;
document.addEventListener("submit", ({ defaultPrevented }) => { if (!defaultPrevented) left = Date.now(); });
const leave = async () => {
  await new Promise((done) => setTimeout(done, Date.now() - left < LEAVING ? LEAVING : 100));
  const answer = await fetch("/me/strip", { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.ok && !answer.redirected && tag() === whose) resume();
  else location.reload();
};

/** Follows one's own channel. */
export const own = () =>
  on("person:me", ({ kind, at, standing }) => {
    if (kind === "signed-out") return leave();
    const isFirst = kind === "open";
    if (isFirst && standing === me()?.dataset.standing) return; // nothing was told since the page came
    if (kind === "notice") document.getElementById("live").textContent = me()?.dataset.told;
    const regions = [...document.querySelectorAll('[data-live="person"]')];
    for (const region of regions) renew(region, isFirst ? "told" : kind, at, COUNTED.includes(kind));
    if (!regions.length && COUNTED.includes(kind)) count(at);
  });

// A region is fetched again with the page it is on, at most once a second (operators' figures, of which there are always new
// ones, every third), and only while nobody writes in it; the counts on top change with it, so that no figure stands over a list
// without what it counts. What was opened stays open.
const waiting = new Map();
const renew = (region, kind, at, isCounted = false) => {
  const before = waiting.get(region);
  if (kind === "open" && !before) return;
  waiting.set(region, { at, isCounted: isCounted || before?.isCounted });
  if (!before) setTimeout(bring, (region.dataset.live === "ops" ? 2300 : 300) + Math.random() * 700, region);
};
const bring = async (region) => {
  const { at, isCounted } = waiting.get(region);
  waiting.delete(region);
  const isWrittenIn = region.contains(document.activeElement);
  const page = isWrittenIn ? null : follow(location.href, at, { headers: { accept: "text/html" } }).catch(() => null);
  const [answer, found] = await Promise.all([page, isCounted && strip(at)]);
  const html = answer?.ok && (await answer.text());
  const now = html && new DOMParser().parseFromString(html, "text/html").getElementById(region.id);
  if (now) {
    for (const { id } of region.querySelectorAll("details[id][open]")) now.querySelector("#" + id)?.setAttribute("open", "");
    region.replaceChildren(...now.childNodes);
  }
  if (found) show(found);
};

/** The list of jobs says how many have come since it was opened, as far as its filters tell. */
export const board = (bar) => {
  const chosen = new URLSearchParams(location.search);
  const link = bar.querySelector("a");
  let many = 0, newest = "";
  on("jobs", ({ kind, data, at }) => {
    if (kind === "fresh") many ||= 1;
    else if (kind !== "posted") return;
    else if (["kind", "category", "state"].some((name) => chosen.get(name) && chosen.get(name) !== data[name])) return;
    else many += 1;
    newest = at;
    link.textContent = chosen.get("q") ? bar.dataset.again : bar.dataset[many === 1 ? "one" : "many"].replace("#", many);
    bar.hidden = false;
  });
  link.href = location.href;
  link.addEventListener("click", () => remember(newest));
};

const bar = document.querySelector("[data-new-jobs]");
if (bar) board(bar);
if (whose) own();
// A browser takes pushes for one person: whoever had this phone before gets no more of them here.
const taker = localStorage.getItem("push"); // written by push.js
if (whose && taker && taker !== whose) {
  localStorage.removeItem("push");
  navigator.serviceWorker?.ready.then(({ pushManager }) => pushManager?.getSubscription()).then((subscription) => subscription?.unsubscribe());
}
for (const region of document.querySelectorAll("[data-live]:not([data-live=person])")) {
  on(region.dataset.live, ({ kind, at }) => renew(region, kind, at));
}
