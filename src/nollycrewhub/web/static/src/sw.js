// Keeps the offline page and what it needs; everything else goes to the network, so nothing shown is ever stale.
const KEPT = "shell-VERSION";
const SHELL = "SHELL";

addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(SHELL)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)))),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline")));
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
