// The inbox and one conversation while they are open: what is new comes by itself, what is written without a network waits
// in the outbox, and the page is kept so that it is on screen at once next time, with its age said. Loaded after the page.
import "./whose.js";
import * as outbox from "./outbox.js";
import { follow, on, say } from "./live.js";

const page = document.querySelector("[data-messages]");
const { messages: kind, conversation, person, presenceChoice, state, whole, box } = page.dataset;
const list = page.querySelector("[data-list]");
const age = page.querySelector("[data-age]");
const KEPT = "own"; // sw.js shows it when the line is slow or gone; main.js drops it when nobody is signed in
const MOST_KEPT = 30;
const AGAIN = 4000;
const talk = `conversation:${conversation}`;

const keep = async () => {
  if (!("caches" in window)) return;
  const kept = await caches.open(KEPT);
  const copy = document.documentElement.cloneNode(true);
  for (const one of copy.querySelectorAll("[data-outbox] > li")) one.remove();
  for (const one of copy.querySelectorAll("[data-age]")) one.hidden = true;
  await kept.put(location.pathname + location.search, new Response(`<!doctype html>${copy.outerHTML}`, { headers: { "content-type": "text/html; charset=utf-8" } }));
  const names = await kept.keys();
  for (const name of names.slice(0, Math.max(0, names.length - MOST_KEPT))) await kept.delete(name);
};

const tellAge = () => {
  const minutes = Math.round((Date.now() - new Date(page.dataset.made)) / 60_000);
  const { slow, offline, moment, minute, minutes: many } = page.dataset;
  const made = minutes < 1 ? moment : minutes === 1 ? minute : many.replace("#", minutes);
  age.textContent = `${navigator.onLine ? slow : offline} ${made}`;
  age.hidden = false;
};

const atEnd = () => innerHeight + scrollY > document.body.scrollHeight - 400;

let isBusy = false, again;
const renew = async (at) => {
  if (isBusy) return (again = at || again || ""); // positions come in order: the last one known is the furthest
  isBusy = true;
  try {
    const stays = !atEnd();
    const path = kind === "talk" ? `${location.pathname}/list` : `/me/messages/list?box=${box}`;
    const answer = await follow(path, at);
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const html = await answer.text();
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    if (fresh.querySelector("li") || list.querySelector("ol")) list.replaceChildren(...fresh.childNodes);
    page.dataset.made = new Date().toISOString();
    age.hidden = true;
    if (kind === "talk" && !stays) document.getElementById("end").scrollIntoView({ block: "end" });
    await read();
    keep();
  } catch {
    tellAge();
    if (navigator.onLine) setTimeout(renew, AGAIN, at); // a busy moment
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
  if (answer?.ok) page.querySelector("[data-read-form]")?.remove();
  else {
    page.dataset.marked = 0;
    setTimeout(read, AGAIN);
  }
};

const KINDS = ["open", "message", "message-changed", "read", "conversation", "fresh"]; // "open": what came between the page and the line
on("person:me", ({ kind: told, data, at }) => {
  if (!KINDS.includes(told) || (kind === "talk" && (whole === "no" || (data && data.conversation !== conversation)))) return;
  if (told === "conversation" && kind === "talk") return location.reload();
  renew(at);
});

if (kind === "talk") {
  // Who writes, and who is here: told to each other, stored nowhere.
  const typing = page.querySelector("[data-typing]");
  const here = document.querySelector("[data-presence]");
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
  const show = ({ id, body }) => {
    const item = document.createElement("li");
    const head = document.createElement("p");
    const words = document.createElement("p");
    Object.assign(item, { id: `out-${id}`, className: "said mine waiting" });
    Object.assign(head, { className: "said-head small muted", textContent: navigator.onLine ? page.dataset.sending : page.dataset.waits });
    Object.assign(words, { className: "preserve", textContent: body.text });
    item.append(head, words);
    sent.append(item);
    document.getElementById("end").scrollIntoView({ block: "end" });
  };
  for (const letter of outbox.waiting()) if (letter.path === path) show(letter);
  addEventListener("outbox", async ({ detail }) => {
    if (detail.path !== path) return;
    if (detail.state === "waiting") return show(detail);
    const item = document.getElementById(`out-${detail.id}`);
    if (detail.state === "sent") {
      await renew();
      return item?.remove();
    }
    if (item) item.firstChild.textContent = page.dataset.unsent.replace("#", detail.answer?.detail || page.dataset.again);
    if (text && !text.value) text.value = detail.body.text;
  });
  if (form && !form.elements.edit) form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (!text.value.trim()) return;
    outbox.send(path, { text: text.value, client_id: crypto.randomUUID() });
    text.value = "";
    text.focus();
  });
}

addEventListener("online", () => renew());
addEventListener("offline", tellAge);
if (Date.now() - new Date(page.dataset.made) > 5000 || !navigator.onLine) {
  tellAge();
  if (whole !== "no") renew();
} else {
  await read();
  keep();
}
