// Keeps the offline page and what it needs; everything else goes to the network, so nothing shown is ever stale.
const KEPT = "shell-VERSION";
const SHELL = "SHELL";
// Conversations somebody had open, kept by messages.js with the moment they were made. They are shown when the network has
// said nothing for a moment or is gone; the page says its age and renews itself.
const OWN = "own";
const PATIENCE = 600;

const talks = async (request) => {
  const own = await caches.open(OWN);
  const { pathname, search } = new URL(request.url);
  const kept = await own.match(pathname + search);
  const fresh = fetch(request).then((answer) => {
    if (answer.type === "opaqueredirect" || answer.redirected || answer.status === 401) caches.delete(OWN); // signed out meanwhile
    return answer;
  });
  if (!kept) return fresh.catch(() => caches.match("/offline"));
  const slow = new Promise((done) => setTimeout(done, PATIENCE, kept));
  return Promise.race([fresh.catch(() => kept), slow]);
};

// The offline page is kept in the language of the last page that came.
const sameLanguage = async (answer) => {
  const spoken = answer.headers.get("content-language");
  const kept = spoken && (await caches.match("/offline"));
  if (kept && kept.headers.get("content-language") !== spoken) await (await caches.open(KEPT)).add("/offline");
};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(SHELL)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEPT && name !== OWN).map((name) => caches.delete(name)))),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET" && new URL(request.url).pathname.startsWith("/me/messages")) {
    event.respondWith(talks(request));
  } else if (request.mode === "navigate" && request.method === "GET") {
    const fresh = fetch(request);
    event.respondWith(fresh.catch(() => caches.match("/offline")));
    event.waitUntil(fresh.then(sameLanguage).catch(() => {}));
  } else if (SHELL.includes(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  }
});

// A push holds a title and a path of ours, nothing else; one with the same tag takes the place of the one before.
addEventListener("push", (event) => {
  const { title = "NollyCrewHub", link = "/me/notices", tag } = event.data?.json() ?? {};
  event.waitUntil(registration.showNotification(title, { tag, data: link }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data, location.origin);
  event.waitUntil(clients.openWindow(target.origin === location.origin ? target.href : "/me/notices"));
});
