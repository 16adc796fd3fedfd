// What pages do with live messages: the unread count on top, "3 new jobs" over the list, and regions that show what is now.
import { follow, on, remember, resume } from "./live.js";
import "./outbox.js"; // what waits on this phone goes out from whichever page is open

const LEAVING = 10_000;
const me = () => document.querySelector('#strip a[href="/me"]');

// The count of unread notices, beside one's name; a notice and its count arrive together.
const count = async (at) => {
  const answer = await follow("/api/notifications?limit=1", at);
  if (!answer.ok) return;
  const { unread } = await answer.json();
  let badge = document.getElementById("unread");
  if (!badge && me()) {
    badge = document.createElement("a");
    Object.assign(badge, { id: "unread", className: "count", href: "/me/notices" });
    me().after(" ", badge);
  }
  if (!badge) return;
  badge.hidden = !unread;
  badge.textContent = unread > 99 ? "99+" : unread;
  badge.setAttribute("aria-label", (me()?.dataset.unread || "#").replace("#", unread));
};

// The count of unread messages, made from the same rows as the inbox; nothing is there while there is none.
const letters = async (at) => {
  const answer = await follow("/api/messages?limit=1", at).catch(() => null);
  if (!answer?.ok) return;
  const { unread } = await answer.json();
  let badge = document.querySelector("[data-badge]");
  if (!badge && me() && unread) {
    badge = document.createElement("a");
    Object.assign(badge, { className: "button quiet small", href: "/me/messages" });
    badge.dataset.badge = "";
    me().before(badge, " ");
  }
  if (!badge) return;
  const word = document.createElement("span");
  Object.assign(word, { className: "word", textContent: me()?.dataset.letters });
  badge.replaceChildren(word);
  if (!unread) return;
  const figure = document.createElement("span");
  Object.assign(figure, { className: "count", textContent: unread > 99 ? "99+" : unread });
  badge.append(" ", figure);
};
const OF_LETTERS = ["open", "fresh", "message", "message-changed", "read", "conversation", "blocks"];

// The session has ended, here or elsewhere: what is on screen goes, and the answer takes the hint away. Where a form of this
// page ended it, the next page is on its way with a new one (the password typed again) or with none, and is not stopped.
let left = 0;
document.addEventListener("submit", ({ defaultPrevented }) => { if (!defaultPrevented) left = Date.now(); });
const leave = async () => {
  await new Promise((done) => setTimeout(done, Date.now() - left < LEAVING ? LEAVING : 100));
  const answer = await fetch("/me/strip", { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) resume();
  else location.reload();
};

/** Follows one's own channel. */
export const own = () =>
  on("person:me", ({ kind, at }) => {
    if (kind === "signed-out") return leave();
    if (["open", "fresh", "notice", "notices-read"].includes(kind)) count(at);
    if (OF_LETTERS.includes(kind)) letters(at);
    if (kind === "notice") document.getElementById("live").textContent = me()?.dataset.told;
    for (const region of document.querySelectorAll('[data-live="person"]')) renew(region, kind, at);
  });

// A region is fetched again with the page it is on, at most once a second, and only while nobody writes in it.
const waiting = new Map();
const renew = (region, kind, at) => {
  if (kind === "open" || waiting.has(region)) return waiting.has(region) && waiting.set(region, at);
  waiting.set(region, at);
  setTimeout(async () => {
    const newest = waiting.get(region);
    waiting.delete(region);
    if (region.contains(document.activeElement)) return;
    const answer = await follow(location.href, newest, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(region.id);
    if (fresh) region.replaceChildren(...fresh.childNodes);
  }, 300 + Math.random() * 700);
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
const whose = document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1];
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
