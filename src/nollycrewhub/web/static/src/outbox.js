// What was sent without a network waits here, in order, over reloads and restarts; each goes out with a key of its own, so
// that sending it twice is sending it once. Who else holds the queue is told by `storage` events.
const KEY = "outbox";
const MOST = 200;
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);
let isSending = false, tries = 0;

const load = () => JSON.parse(localStorage.getItem(KEY) || "[]");
const keep = (letters) => localStorage.setItem(KEY, JSON.stringify(letters));
const tell = (letter, state, detail) => dispatchEvent(new CustomEvent("outbox", { detail: { ...letter, state, ...detail } }));

/** Puts a JSON body on its way; `outbox` events on the window say {id, state: "waiting" | "sent" | "refused"}. */
export const send = (path, body) => {
  const letters = load();
  if (letters.length >= MOST) throw new Error("Too much is waiting to be sent. Connect first.");
  const letter = { id: crypto.randomUUID(), path, body };
  keep([...letters, letter]);
  tell(letter, "waiting");
  flush();
  return letter.id;
};

/** What has not gone out yet. */
export const waiting = load;

const deliver = async ({ id, path, body }) => {
  const answer = await fetch(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", "idempotency-key": id },
  });
  return { status: answer.status, answer: await answer.json().catch(() => null) };
};

/** Sends what waits, one after another; a refusal is told and forgotten, a bad line is tried again later. */
export const flush = async () => {
  if (isSending || !navigator.onLine) return;
  isSending = true;
  try {
    await navigator.locks.request(KEY, async () => {
      for (let letter = load()[0]; letter; letter = load()[0]) {
        const { status, answer } = await deliver(letter);
        if (AGAIN.has(status)) throw new Error(status);
        keep(load().filter(({ id }) => id !== letter.id));
        tries = 0;
        tell(letter, status < 400 ? "sent" : "refused", { status, answer });
      }
    });
  } catch {
    setTimeout(flush, Math.random() * Math.min(60_000, 1000 * 2 ** ++tries));
  } finally {
    isSending = false;
  }
};

addEventListener("online", flush);
flush();
