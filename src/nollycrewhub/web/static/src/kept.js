// The offline page lists what this phone has kept: everyone's pages, and one's own while one is signed in. Ages are main.js's.
const list = document.querySelector("[data-kept-list]");
const line = list.querySelector("template").content;
const whose = document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1];
const plain = document.createElement("textarea"); // a title is kept as it stands in its page, with HTML's own signs
const found = [];
for (const cacheName of whose ? ["seen", `own-${whose}`] : ["seen"]) {
  if (!(await caches.has(cacheName))) continue;
  for (const { url } of await (await caches.open(cacheName)).keys()) {
    const { headers } = (await caches.match(url, { cacheName })) || new Response();
    plain.innerHTML = decodeURIComponent(headers.get("x-title") || "");
    const title = [plain.value, new URL(url).searchParams.get("q")].filter(Boolean).join(": ");
    found.push({ url, made: Number(headers.get("x-kept")), title });
  }
}
found.sort((one, other) => other.made - one.made);
for (const { url, made, title } of found) {
  const item = line.cloneNode(true);
  Object.assign(item.querySelector("a"), { href: url, textContent: title });
  item.querySelector("[data-age]").dataset.age = made;
  list.append(item);
}
list.parentElement.hidden = !found.length;
dispatchEvent(new Event("aged"));
