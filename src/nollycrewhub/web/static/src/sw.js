// What the site can do on a phone without a network: its shell, the pages somebody last saw, each with the moment it came, and
// the messages that wait. The network is asked first, always; a kept page is shown when it says nothing, and main.js says how
// old the page is. Pages of one's own are kept under the tag the server gave with them, and shown only while the phone's cookie
// names that person.
import { flush } from "./queue.js";
import * as subscribing from "./subscribing.js";

const SHELL = `shell-${__VERSION__}`;
const FILES = "files"; // built files by their hashed names, so that a page kept before a deploy finds its own
const SEEN = "seen"; // pages that are the same for everyone
const OWN = "own-"; // and a tag
const PUBLIC = /^\/(jobs(\/\d+)?|talent(\/[^/]+)?)?$/;
const MINE = /^\/(me(\/(profile|applications|searches|notices|jobs(\/\d+(\/applications\/[\da-f-]{36})?)?|(projects|messages)(\/[\da-f-]{36})?))?|jobs\/\d+\/apply)$/;
const FLEETING = /[?&](saved|done|edit|reported)=/; // these pages say what was done a moment ago
const MOST_PAGES = 40; // in each of the two
const MOST_BYTES = 2_000_000;
const MOST_FILES = 60;
const LONGEST = 14 * 86_400_000;
const PATIENCE = 5000;
const PATIENCE_FOR_MESSAGES = 600; // they renew themselves (messages.js)
const HTML = "text/html; charset=utf-8";
const POLICIES = ["content-security-policy", "cross-origin-opener-policy", "permissions-policy", "referrer-policy", "x-content-type-options"];

const tagged = async () => (await self.cookieStore?.get("signed_in"))?.value;

// The cache of who is signed in. A worker that cannot read cookies takes the only one there is, and main.js looks again.
const mine = async () => {
  if (!self.cookieStore) return (await caches.keys()).find((name) => name.startsWith(OWN));
  const tag = await tagged();
  return tag && OWN + tag;
};

const leaveOnly = async (kept) => {
  for (const name of await caches.keys()) if (name.startsWith(OWN) && name !== kept) await caches.delete(name);
};

const store = async (name, key, html) => {
  const cache = await caches.open(name);
  const [, title = ""] = html.match(/<title>(.*?)(?: · NollyCrewHub)?<\/title>/) || [];
  const headers = {
    "content-type": HTML, "x-kept": Date.now(), "x-bytes": new Blob([html]).size, "x-title": encodeURIComponent(title),
  };
  await cache.delete(key); // so that the newest is last
  await cache.put(key, new Response(html, { headers })).catch(() => caches.delete(SEEN)); // the phone is full
  let pages = 0, bytes = 0;
  for (const one of (await cache.keys()).reverse()) {
    const kept = await cache.match(one);
    pages += 1;
    bytes += Number(kept?.headers.get("x-bytes"));
    if (!kept || pages > MOST_PAGES || bytes > MOST_BYTES || Date.now() - kept.headers.get("x-kept") > LONGEST) await cache.delete(one);
  }
};

// One after another, so that what is counted is what is there.
let turn = Promise.resolve();
const keep = (...page) => (turn = turn.then(() => store(...page)).catch(() => {}));

const offline = () => caches.match("/offline");

// A kept page as it is shown: with its moment on it, whose it is, and the policies of every page.
const copy = async (isOwn, key, isFresh) => {
  const name = isOwn ? await mine() : SEEN;
  const kept = name && (await caches.match(key, { cacheName: name }));
  const made = kept?.headers.get("x-kept");
  if (!kept || Date.now() - made > LONGEST) return;
  const headers = new Headers({ "content-type": HTML });
  const shell = await offline();
  for (const policy of POLICIES) if (shell?.headers.has(policy)) headers.set(policy, shell.headers.get(policy));
  const marks = (isFresh ? "" : ` data-kept="${made}"`) + (isOwn ? ` data-whose="${name.slice(OWN.length)}"` : "");
  const html = await kept.text();
  return Object.assign(new Response(html.replace("<body>", `<body${marks}>`), { headers }), { html });
};

// Keeps what came and gives it back; null says that nothing is there any more, nothing that this answer tells nothing of it.
const learn = async (key, isOwn, answer, page) => {
  const tag = answer.headers.get("x-nch-whose");
  if (tag) await leaveOnly(OWN + tag);
  const isOver = isOwn && answer.type === "opaqueredirect"; // to the sign-in page: the session is over
  if (isOver) await leaveOnly();
  const name = isOwn ? tag && OWN + tag : SEEN;
  const isPage = answer.headers.get("content-type")?.startsWith("text/html");
  if (page && name && isPage && !FLEETING.test(key)) {
    const html = await page.text();
    await keep(name, key, html);
    return html;
  }
  const isGone = answer.status === 404 || answer.status === 410;
  if (isGone) await forget(key, isOwn);
  if (isGone || isOver) return null;
};

const forget = async (key, isOwn, how) => {
  const name = isOwn ? await mine() : SEEN;
  if (name) await (await caches.open(name)).delete(key, how);
};

// By page that shows a kept copy, since the network took its time: its address, and whether another one came after all.
const late = new Map();
const handed = new Map(); // by address whose page was just told so, when: as it loads itself anew it is given what has come

const visit = (event) => {
  const { pathname, search } = new URL(event.request.url);
  const key = pathname + search;
  const isOwn = MINE.test(pathname);
  const isKept = isOwn || PUBLIC.test(pathname);
  const isHanded = Date.now() - handed.get(key) < PATIENCE && event.request.cache !== "default";
  handed.delete(key);
  if (isHanded) return copy(isOwn, key, true).then((found) => found || visit(event));
  let page;
  const fresh = fetch(event.request).then((answer) => {
    if (answer.ok && isKept) page = answer.clone();
    return answer;
  });
  event.waitUntil(fresh.then(sameLanguage).catch(() => {}));
  if (!isKept) return fresh.catch(offline);
  const learnt = fresh.then((answer) => learn(key, isOwn, answer, page)).catch(() => {});
  event.waitUntil(learnt);
  const kept = () => copy(isOwn, key);
  const answered = fresh.then(
    async (answer) => (answer.status > 501 && (await kept())) || answer,
    async () => (await kept()) || offline(),
  );
  const patience = new Promise((done) => setTimeout(done, pathname.startsWith("/me/messages") ? PATIENCE_FOR_MESSAGES : PATIENCE));
  const first = Promise.race([answered, patience.then(kept).then((found) => found || answered)]);
  event.waitUntil(first.then((shown) => {
    if (shown?.html) late.set(event.resultingClientId, { key, isAnother: learnt.then((html) => html === undefined ? html : html !== shown.html) });
  }));
  return first;
};

const file = async (event) => {
  const kept = await caches.match(event.request, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(event.request);
  if (answer.ok) event.waitUntil(keepFile(event.request, answer.clone()));
  return answer;
};

const keepFile = async (name, answer) => {
  const files = await caches.open(FILES);
  await files.put(name, answer).catch(() => {});
  const all = await files.keys();
  for (const one of all.slice(0, Math.max(0, all.length - MOST_FILES))) await files.delete(one);
};

// The offline page is kept in the language of the last page that came.
const sameLanguage = async (answer) => {
  const spoken = answer.headers.get("content-language");
  const kept = spoken && (await caches.match("/offline"));
  if (kept && kept.headers.get("content-language") !== spoken) await (await caches.open(SHELL)).add("/offline");
};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(__SHELL__)).then(() => skipWaiting()));
});

// A new worker lets the old shell go, but for the files that kept pages still name, and keeps the public pages that are open.
const begin = async () => {
  for (const name of await caches.keys()) {
    if ([SHELL, FILES, SEEN].includes(name) || name.startsWith(OWN)) continue;
    const old = await caches.open(name);
    for (const one of await old.keys()) if (new URL(one.url).pathname.startsWith("/assets/")) await keepFile(one, await old.match(one));
    await caches.delete(name);
  }
  await clients.claim();
  for (const { url } of await clients.matchAll({ type: "window" })) {
    const { pathname, search } = new URL(url);
    const answer = PUBLIC.test(pathname) && (await fetch(url).catch(() => null));
    if (answer) await learn(pathname + search, false, answer, answer.ok && answer);
  }
};
addEventListener("activate", (event) => event.waitUntil(begin()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate" && request.method === "GET") event.respondWith(visit(event));
  else if (request.mode === "navigate" && request.referrer) {
    // What a form changes is not shown as it was before: its page, those that page belongs to, whatever was asked of any of them.
    const parts = pathname.split("/");
    const changed = [new URL(request.referrer).pathname, ...parts.map((_, at) => parts.slice(0, at + 1).join("/")).slice(2)];
    if (parts[1] === "jobs") changed.push("/me/applications");
    event.waitUntil(Promise.all(changed.map((key) => forget(key, true, { ignoreSearch: true }))));
  } else if (pathname.startsWith("/assets/")) event.respondWith(file(event));
});

// A conversation was read on this phone: the inboxes it keeps do not call it new any more. They are no younger for that.
const settle = async (whose, conversation) => {
  const cache = await caches.open(OWN + whose);
  for (const one of await cache.keys()) {
    if (new URL(one.url).pathname !== "/me/messages") continue;
    const kept = await cache.match(one);
    const lines = (await kept.text()).split("<li>");
    const at = lines.findIndex((line) => line.includes(`href="/me/messages/${conversation}"`));
    if (at < 0) continue;
    lines[at] = lines[at].replace(" is-new", "").replace(/<span class="count">[^<]*<\/span>/, "");
    await cache.put(one, new Response(lines.join("<li>"), { headers: kept.headers }));
  }
};

// A page that renewed itself without a navigation hands over what it shows now, or says what was read there; a laptop's mailbox
// (/dev/push.js) hands over a push; a page that was kept asks for what came instead of it.
addEventListener("message", (event) => {
  const { key, html, whose, push, read } = event.data;
  const page = event.source;
  if (push) return event.waitUntil(receive(push));
  const take = async () => {
    const tag = self.cookieStore ? await tagged() : whose;
    if (tag !== whose) return;
    if (read) turn = turn.then(() => settle(whose, read)).catch(() => {});
    else keep(OWN + whose, key, html);
    await turn;
  };
  const sayWhatCame = async () => {
    const awaited = late.get(page.id);
    const isAnother = await awaited?.isAnother;
    if (isAnother) handed.set(awaited.key, Date.now());
    late.delete(page.id);
    page.postMessage({ isAnother }); // undefined: nothing comes
  };
  event.waitUntil(key || read ? take() : sayWhatCame());
});

// The browser says that the network is back, also when no page of ours is open any more.
addEventListener("sync", (event) => {
  const pages = new BroadcastChannel("outbox");
  if (event.tag === "outbox") event.waitUntil(tagged().then((whose) => whose && flush(whose, (letter) => pages.postMessage(letter))));
});

// What became of a push is told with the token that came in it, signed in or not; nothing depends on whether that arrives.
const tell = (token, state) => token && fetch("/api/notifications/pushes", {
  method: "POST", credentials: "omit", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify({ token, state }),
}).catch(() => {});

// A push holds a title, a path of ours and that token; one with the same tag takes the place of the one before.
const receive = async ({ title = "NollyCrewHub", link = "/me/notices", tag, token } = {}) => {
  await registration.showNotification(title, { tag, data: { path: link, token } });
  await tell(token, "delivered");
};
addEventListener("push", (event) => event.waitUntil(receive(event.data?.json())));

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { data } = event.notification;
  const target = new URL(data.path ?? data, location.origin); // a worker before this one kept the path alone
  event.waitUntil(Promise.all([clients.openWindow(target.origin === location.origin ? target.href : "/me/notices"), tell(data.token, "opened")]));
});

// The browser has moved its place for pushes by itself, or lost it: while somebody is signed in the new one is told instead of the
// old one; else nobody can be, and the button (push.js) is there again.
const move = async ({ oldSubscription, newSubscription }) => {
  const answer = await fetch("/api/notifications/settings").catch(() => null);
  if (!answer?.ok) return newSubscription?.unsubscribe();
  await subscribing.subscribe(registration.pushManager, (await answer.json()).push_key, newSubscription);
  if (oldSubscription) await subscribing.forget(oldSubscription.endpoint);
};
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(move(event)));
