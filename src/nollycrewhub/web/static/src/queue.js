// The letters that wait on this phone, in IndexedDB, for pages (outbox.js) and the worker (sw.js) alike: in the order they
// were written, each with a key of its own, so that sending one twice is sending it once, and each under its writer's tag.
const NAME = "outbox";
const LETTERS = "letters";
const LATER = new Set([408, 425, 429, 502, 503, 504]);
const MOST_FAULTS = 5; // of the server's own, after which a letter is the person's to decide about
const PATIENCE = 30_000;

const opened = () =>
  new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(LETTERS, { keyPath: "n", autoIncrement: true });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });

const within = async (mode, work) => {
  const database = await opened();
  database.onversionchange = () => database.close();
  try {
    return await new Promise((done, failed) => {
      const turn = database.transaction(LETTERS, mode);
      const asked = work(turn.objectStore(LETTERS));
      turn.oncomplete = () => done(asked.result);
      turn.onabort = () => failed(turn.error);
    });
  } finally {
    database.close();
  }
};

/** Every letter, the oldest first. */
export const all = () => within("readonly", (letters) => letters.getAll());

/** Stores a letter, new or changed; its number. */
export const put = (letter) => within("readwrite", (letters) => letters.put(letter));

/** Forgets a letter. */
export const drop = (n) => within("readwrite", (letters) => letters.delete(n));

const deliver = async (letter, tell) => {
  const answer = await fetch(letter.path, {
    method: "POST",
    body: JSON.stringify(letter.body),
    headers: { "content-type": "application/json", "idempotency-key": letter.id },
    signal: AbortSignal.timeout(PATIENCE),
  });
  const { status } = answer;
  if (answer.ok) {
    await drop(letter.n);
    return tell({ ...letter, state: "sent" });
  }
  const faults = (letter.faults || 0) + (status >= 500);
  if (status === 401 || LATER.has(status) || (status >= 500 && faults < MOST_FAULTS)) {
    if (status !== 401 && !LATER.has(status)) await put({ ...letter, faults });
    throw new Error(status);
  }
  const refused = { ...letter, faults: 0, state: "refused", reason: (await answer.json().catch(() => null))?.detail || "" };
  await put(refused);
  tell(refused);
};

/** Sends what waits of this person, one after another and in one place at a time; what stands in the way is thrown. */
export const flush = (whose, tell) =>
  navigator.locks.request(NAME, async () => {
    for (;;) {
      const letter = (await all()).find((one) => one.whose === whose && one.state === "waiting");
      if (!letter) return;
      await deliver(letter, tell);
    }
  });
