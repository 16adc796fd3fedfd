// What is sent from a page goes through here: kept on the phone first, then sent, by this page or by the worker when the
// network is back. `outbox` events on the window tell {id, path, body, state: "waiting" | "sent" | "refused" | "dropped", reason}.
import * as queue from "./queue.js";

const MOST = 200;
const LONGEST = 60_000;
const whose = document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1];
const others = new BroadcastChannel("outbox"); // this person's other pages, and the worker
let isSending = false, isAsked = false, tries = 0, timer;

const hear = (letter) => dispatchEvent(new CustomEvent("outbox", { detail: letter }));
const tell = (letter) => {
  hear(letter);
  others.postMessage(letter);
};
others.onmessage = ({ data }) => hear(data);

/** What has not gone out, refused letters too; the oldest first. */
export const waiting = async () => (await queue.all()).filter((letter) => letter.whose === whose);

/** Sends what waits; a bad line is tried again later, and when the network is back. */
export const flush = async () => {
  isAsked = true;
  if (isSending || !whose || !navigator.onLine) return;
  isSending = true;
  clearTimeout(timer);
  try {
    while (isAsked) {
      isAsked = false;
      await queue.flush(whose, tell);
    }
    tries = 0;
  } catch ({ message }) {
    if (message !== "401") timer = setTimeout(flush, Math.random() * Math.min(LONGEST, 1000 * 2 ** ++tries));
  } finally {
    isSending = false;
  }
};

/** Keeps a JSON body and puts it on its way; throws when too much waits already, or nothing can be kept here. */
export const send = async (path, body) => {
  if ((await waiting()).length >= MOST) throw new Error("full");
  const letter = { id: crypto.randomUUID(), whose, path, body, state: "waiting" };
  letter.n = await queue.put(letter);
  tell(letter);
  flush();
  const worker = await navigator.serviceWorker?.getRegistration();
  await worker?.sync?.register("outbox").catch(() => {}); // the browser may send it when this page is closed
};

/** A refused letter once more, in its old place. */
export const again = async (letter) => {
  const next = { ...letter, state: "waiting", reason: "" };
  await queue.put(next);
  tell(next);
  flush();
};

/** Forgets a letter. */
export const discard = async (letter) => {
  await queue.drop(letter.n);
  tell({ ...letter, state: "dropped" });
};

// Letters of whoever had this phone before are not this person's to send, and what an older version kept in localStorage is.
const settle = () =>
  navigator.locks.request("outbox", async () => {
    for (const letter of await queue.all()) if (letter.whose !== whose) await queue.drop(letter.n);
    const person = document.querySelector("[data-person]")?.dataset.person;
    if (!person) return;
    const former = JSON.parse(localStorage.getItem("outbox") || "[]");
    const isTheirs = localStorage.getItem("person") === person;
    for (const { id, path, body } of isTheirs ? former : []) await queue.put({ id, whose, path, body, state: "waiting" });
    localStorage.removeItem("outbox");
    localStorage.removeItem("person");
  });

addEventListener("online", flush);
/** Done when what was here before has been looked through. */
export const ready = whose ? settle().then(flush) : Promise.resolve();
