// The inbox and one conversation while they are open: what is new comes by itself, what is written without a network waits
// in the outbox, and what is shown is handed to sw.js, so that it is on screen at once next time. Loaded after the page.
import * as outbox from "./outbox.js";
import { follow, on, say } from "./live.js";

const page = document.querySelector("[data-messages]");
const { messages: kind, conversation, person, presenceChoice, state, shape, whole, box } = page.dataset;
const list = page.querySelector("[data-list]");
const whose = document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1];
const AGAIN = 4000;
const LEAVING = 10_000;
const talk = `conversation:${conversation}`;

const hand = async (told) => (await navigator.serviceWorker?.ready)?.active.postMessage({ ...told, whose });
const keep = async () => {
  const copy = document.documentElement.cloneNode(true);
  for (const one of copy.querySelectorAll("[data-outbox] > li, #unread, [data-badge] .count")) one.remove(); // told anew each time
  for (const one of copy.querySelectorAll("[data-presence], [data-typing]")) one.textContent = ""; // and nobody is here now
  copy.querySelector("#line").hidden = true;
  for (const name of ["data-kept", "data-whose"]) copy.querySelector("body").removeAttribute(name);
  await hand({ key: location.pathname + location.search, html: `<!doctype html>${copy.outerHTML}` });
};
const tellRenewed = (detail) => dispatchEvent(new CustomEvent("renewed", { detail }));

const atEnd = () => innerHeight + scrollY > document.body.scrollHeight - 400;

// The tabs of the inbox count what its list says.
const tally = ({ unread, requests }) => {
  for (const [path, many] of [["/me/messages", unread], ["/me/messages?box=requests", requests]]) {
    const tab = page.querySelector(`.tabs a[href="${path}"]`);
    tab?.querySelector(".count")?.remove();
    if (Number(many)) tab?.append(" ", Object.assign(document.createElement("span"), { className: "count", textContent: many }));
  }
};

let isBusy = false, again, faults = 0;
let isOld = Boolean(document.body.dataset.kept); // what this page shows
let isAfresh = false; // others are to be seen than were, none of which has changed: all of it is asked for
const renew = async (at) => {
  if (isBusy) return (again = at || again || ""); // positions come in order: the last one known is the furthest
  isBusy = true;
  const isWhole = isAfresh;
  isAfresh = false;
  try {
    const stays = !atEnd();
    const shown = list.querySelector("ol");
    const since = (!isWhole && shown?.dataset.since) || "";
    const path = kind === "talk" ? `${location.pathname}/list?since=${since}` : `/me/messages/list?box=${box}`;
    const answer = await follow(path, at);
    if (answer.redirected || answer.status === 404) return Date.now() - left < LEAVING || location.reload(); // one is not in it any more
    if (!answer.ok) throw new Error(answer.status);
    const html = await answer.text();
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    if (kind === "inbox") tally(fresh.querySelector("ul").dataset);
    const part = fresh.querySelector("[data-part]"); // what is other than this page has it, else all there is
    for (const one of part ? [...part.children] : []) {
      const now = document.getElementById(one.id);
      if (now) now.replaceWith(one);
      else shown.append(one);
    }
    if (part) Object.assign(shown.dataset, part.dataset);
    else if (fresh.querySelector("li") || shown) list.replaceChildren(...fresh.childNodes);
    tellRenewed(true);
    isOld = false;
    faults = 0;
    if (kind === "talk" && !stays) document.getElementById("end").scrollIntoView({ block: "end" });
    await read();
    keep();
  } catch {
    isAfresh ||= isWhole;
    tellRenewed(false);
    if (navigator.onLine) setTimeout(renew, AGAIN * (0.5 + Math.random()) * Math.min(15, 2 ** faults++), at); // a busy moment
  } finally {
    isBusy = false;
    if (again !== undefined) {
      const next = again;
      again = undefined;
      renew(next);
    }
  }
};

// What is on screen counts as read while somebody looks.
const read = async () => {
  const n = Number(list.querySelector("[data-unread-to]")?.dataset.unreadTo || 0);
  if (kind !== "talk" || state !== "in" || !n || document.hidden || n <= Number(page.dataset.marked || 0)) return;
  page.dataset.marked = n;
  const answer = await fetch(`/api/messages/${conversation}/read`, {
    method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify({ n }),
  }).catch(() => null);
  if (answer?.ok) {
    page.querySelector("[data-read-form]")?.remove();
    if (!isOld) hand({ read: conversation });
  } else {
    page.dataset.marked = 0;
    setTimeout(read, AGAIN);
  }
};

const KINDS = ["open", "message", "message-changed", "read", "conversation", "fresh"]; // "open": what came between the page and the line
on("person:me", ({ kind: told, data, at }) => {
  const isBlock = told === "blocks" && kind === "talk";
  if ((!isBlock && !KINDS.includes(told)) || (kind === "talk" && (whole === "no" || (data?.conversation ?? conversation) !== conversation))) return;
  isAfresh ||= isBlock;
  if (told === "conversation" && kind === "talk") return look(at);
  renew(at);
});

// What may be done in a conversation has changed, unless this page was made after that: then it says so already. Where a form of
// this page has changed it, the next page is on its way and is not stopped.
let left = 0;
document.addEventListener("submit", ({ defaultPrevented }) => { if (!defaultPrevented) left = Date.now(); });
const look = async (at) => {
  if (Date.now() - left < LEAVING) return;
  const answer = await follow(location.href, at, { headers: { accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return renew(at);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-messages]");
  if (fresh?.dataset.shape === shape) renew(at);
  else if (Date.now() - left > LEAVING) location.reload();
};

if (kind === "talk") {
  // Who writes, and who is here: told to each other, stored nowhere.
  const typing = page.querySelector("[data-typing]");
  const here = document.querySelector("[data-presence]");
  if (document.body.dataset.kept) here.textContent = ""; // that was then
  const shows = presenceChoice === "talks" && state === "in";
  let typingTimer, hereTimer, saidTyping = 0, saidHere = 0;
  const sayHere = () => {
    if (shows && !document.hidden && Date.now() - saidHere > 20_000 && say(talk, "here")) saidHere = Date.now();
  };
  if (state === "in") on(talk, ({ kind: told, by }) => {
    if (told === "open") return sayHere();
    if (!by || by === person) return;
    if (told === "typing") {
      typing.textContent = page.dataset.writing;
      clearTimeout(typingTimer);
      typingTimer = setTimeout(() => (typing.textContent = ""), 5000);
    } else if (told === "here") {
      here.textContent = page.dataset.hereNow;
      clearTimeout(hereTimer);
      hereTimer = setTimeout(() => (here.textContent = ""), 70_000);
      sayHere();
    }
  });
  setInterval(sayHere, 60_000);
  document.addEventListener("visibilitychange", read);

  const form = page.querySelector("[data-compose]");
  const text = form?.elements.text;
  const sent = page.querySelector("[data-outbox]");
  const path = `/api/messages/${conversation}/messages`;
  text?.addEventListener("input", () => {
    if (Date.now() - saidTyping > 3000 && say(talk, "typing")) saidTyping = Date.now();
  });
  const sheet = page.querySelector("template[data-letter]").content;
  const show = (letter) => {
    let item = document.getElementById(`out-${letter.id}`);
    if (!item) {
      item = sheet.firstElementChild.cloneNode(true);
      item.id = `out-${letter.id}`;
      item.querySelector("[data-words]").textContent = letter.body.text;
      sent.append(item);
      document.getElementById("end").scrollIntoView({ block: "end" });
    }
    const now = letter.state === "refused" ? "refused" : navigator.onLine ? "sending" : "waiting";
    for (const one of item.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== now;
    const why = item.querySelector("[data-reason]");
    why.textContent = why.dataset.reason.replace("#", letter.reason || "");
    item.querySelector("[data-again]").onclick = () => outbox.again(letter);
    item.querySelector("[data-discard]").onclick = () => outbox.discard(letter);
  };
  const showAll = async () => {
    for (const letter of await outbox.waiting()) if (letter.path === path) show(letter);
  };
  outbox.ready.then(showAll);
  addEventListener("online", showAll);
  addEventListener("offline", showAll);
  addEventListener("outbox", async ({ detail }) => {
    if (detail.path !== path) return;
    if (detail.state === "waiting" || detail.state === "refused") return show(detail);
    if (detail.state === "sent") await renew();
    document.getElementById(`out-${detail.id}`)?.remove();
  });
  if (form && !form.elements.edit) form.addEventListener("submit", async (event) => {
    if ([...form.elements].some((one) => one.files?.length)) return; // files go with the form itself
    event.preventDefault();
    event.stopPropagation();
    const words = text.value;
    if (!words.trim()) return;
    text.value = "";
    text.focus();
    await outbox.send(path, { text: words, client_id: crypto.randomUUID() }).catch(() => {
      text.value = words; // nothing more can be kept here: the form itself says what happens
      form.submit();
    });
  });
}

addEventListener("online", () => renew());
if (document.body.dataset.kept) {
  if (whole !== "no") renew();
} else {
  await read();
  if (!navigator.serviceWorker?.controller) keep(); // the worker has not seen this page come
}
