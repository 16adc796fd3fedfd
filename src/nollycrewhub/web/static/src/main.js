// Small enhancements; every page is whole without this file.
const signedIn = document.cookie.split("; ").includes("signed_in=1");
const strip = document.getElementById("strip");
const isOwn = strip?.querySelector('[href="/me"]'); // pages of one's own carry theirs already

addEventListener("load", async () => {
  if (signedIn && strip && !isOwn) {
    const answer = await fetch("/me/strip", { headers: { accept: "text/html", "hx-request": "true" } });
    if (answer.ok) strip.innerHTML = await answer.text();
  }
  if (signedIn || document.querySelector("[data-live], [data-new-jobs]")) import("./news.js");
  if (document.querySelector("[data-messages]")) import("./messages.js");
  if (document.querySelector("[data-attach]")) import("./attach.js");
  if (!signedIn) window.caches?.delete("own");
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-lean")) {
    for (const box of form.elements) if (box.name && !box.value) box.disabled = true;
    return;
  }
  const button = event.submitter;
  if (button && form.method === "post") {
    if (button.name) {
      const kept = document.createElement("input");
      kept.type = "hidden";
      kept.name = button.name;
      kept.value = button.value;
      form.append(kept);
    }
    button.disabled = true;
  }
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled], [data-lean] :disabled")) button.disabled = false;
});

// A page that comes back as it was left may be in the language of before a choice.
addEventListener("pageshow", ({ persisted }) => {
  const chosen = /(?:^|; )language=(\w+)/.exec(document.cookie)?.[1];
  const cameBack = persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (chosen && cameBack && navigator.onLine && !document.documentElement.lang.startsWith(chosen)) location.reload();
});
document.querySelector(".languages")?.addEventListener("submit", () => window.caches?.delete("own"));

for (const button of document.querySelectorAll("[data-print][hidden], [data-share][hidden]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-print], [data-share], [data-copy]");
  if (!target) return;
  if (target.hasAttribute("data-print")) print();
  else if (target.hasAttribute("data-copy") || !navigator.share) {
    await navigator.clipboard.writeText(target.dataset.copy || target.dataset.share || location.href);
    const live = document.getElementById("live");
    live.textContent = live.dataset.copied;
  } else await navigator.share({ title: document.title, url: target.dataset.share || location.href }).catch(() => {});
});

document.querySelector("[data-focus]")?.focus();

document.addEventListener("change", (event) => {
  if (event.target.hasAttribute("data-autosubmit")) event.target.form.requestSubmit();
});

const box = document.querySelector("[data-suggest]");
box?.addEventListener("input", () => import("./suggest.js").then(({ suggest }) => suggest(box)), { once: true });

const push = document.querySelector("[data-push]");
if (push) import("./push.js").then(({ offer }) => offer(push));

// htmx only where a page asks for it; its settings must stand before it starts, and keep to the content policy.
if (document.querySelector("[hx-get], [hx-post], [hx-put], [hx-delete], [hx-boost]")) {
  const settings = document.createElement("meta");
  settings.name = "htmx-config";
  settings.content = JSON.stringify({ allowEval: false, includeIndicatorStyles: false, selfRequestsOnly: true, historyCacheSize: 0 });
  document.head.append(settings);
  import("htmx.org");
}

// What a first visit does not need waits until it is over.
const install = () => {
  const { icon, manifest } = document.querySelector("script[data-icon]").dataset;
  document.querySelector("link[rel=icon]").href = icon;
  const link = document.createElement("link");
  link.rel = "manifest";
  link.href = manifest;
  document.head.append(link);
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
};
if (document.readyState === "complete") install();
else addEventListener("load", install);
