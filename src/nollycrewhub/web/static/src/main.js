// Small enhancements; every page is whole without this file.
const tag = () => document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1]; // names who is signed in, to their own phone
const whose = tag();
const strip = document.getElementById("strip");
const isOwn = strip?.querySelector('[href="/me"]'); // pages of one's own carry theirs already
const { kept, whose: keptFor } = document.body.dataset; // put there by sw.js when it shows a page that this phone kept
if (keptFor && keptFor !== whose) location.replace("/offline");
if (kept) for (const one of document.querySelectorAll("#unread, [data-badge] .count, .tabs .count")) one.remove(); // counted then, not now

// The bar at the foot says when the network is away, and how old the page is. Its sentences stand in layout/base.html.
const bar = document.getElementById("line");
const isOffline = document.querySelector("[data-kept-list]"); // the page that says all this itself
let made = Number(kept) || Date.now(), isKept = Boolean(kept), isSlow = false, isUnsent = false;
const lang = document.documentElement.lang;
const canSayAges = Intl.RelativeTimeFormat.supportedLocalesOf(lang).length > 0; // few browsers know Yoruba, Hausa, Igbo or Pidgin
const inFigures = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "numeric", hour: "2-digit", minute: "2-digit" });
const aged = (then) => {
  if (!canSayAges) return inFigures.format(then);
  const minutes = Math.max(1, Math.round((Date.now() - then) / 60_000));
  const [many, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
  return new Intl.RelativeTimeFormat(lang).format(-Math.round(many), unit);
};
const tellAge = () => {
  const { offline, slow, kept: sinceKept, came, unsent } = bar.dataset;
  const isAway = !navigator.onLine;
  const isBehind = (isAway || isKept || isSlow) && !isOffline;
  const words = [isAway ? offline : slow, (isKept ? sinceKept : came).replace("#", aged(made)), isUnsent && isAway && unsent];
  bar.hidden = !isBehind;
  bar.querySelector("p").textContent = isBehind ? words.filter(Boolean).join(" ") : "";
  bar.querySelector("a").hidden = !isKept && !isSlow;
  for (const one of document.querySelectorAll("[data-age]")) one.textContent = one.dataset.words.replace("#", aged(Number(one.dataset.age)));
};
const sayAloud = (words) => { document.getElementById("live").textContent = words; };
tellAge();
setInterval(tellAge, 30_000);
addEventListener("aged", tellAge);
addEventListener("renewed", ({ detail }) => { // by a page that fetches its own parts: true when they came
  isSlow = !detail;
  if (detail) [isKept, made] = [false, Date.now()];
  tellAge();
});
addEventListener("offline", () => {
  tellAge();
  sayAloud(bar.dataset.offline);
});
addEventListener("online", () => {
  isUnsent = false;
  tellAge();
});
if (kept || isOffline) import("./back.js");

addEventListener("load", async () => {
  if (whose && strip && !isOwn) {
    const answer = await fetch("/me/strip", { headers: { accept: "text/html", "hx-request": "true" } }).catch(() => null);
    if (!answer) strip.innerHTML = strip.querySelector("noscript").textContent; // no network: the plain link to one's page
    else if (answer.ok && !answer.redirected) strip.innerHTML = await answer.text(); // else the session is over, and with it the hint
  }
  if (tag() || document.querySelector("[data-live], [data-new-jobs]")) import("./news.js");
  if (document.querySelector("[data-messages]")) import("./messages.js");
  if (document.querySelector("[data-attach]")) import("./attach.js");
  if (isOffline) import("./kept.js");
  if (!("caches" in window)) return;
  for (const name of await caches.keys()) if (name.startsWith("own-") && name !== `own-${tag()}`) caches.delete(name);
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && tag() !== whose) location.reload(); // somebody went, or came, since this page was left
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-lean")) {
    for (const box of form.elements) if (box.name && !box.value) box.disabled = true;
    return;
  }
  const button = event.submitter;
  if (form.method === "post" && !navigator.onLine) {
    event.preventDefault();
    isUnsent = true;
    tellAge();
    return sayAloud(bar.dataset.unsent);
  }
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
  if (chosen && cameBack && navigator.onLine && !lang.startsWith(chosen)) location.reload();
});
document.querySelector(".languages")?.addEventListener("submit", () => {
  for (const name of ["seen", `own-${whose}`]) window.caches?.delete(name); // kept in the language of before
});

// A picture that does not come (kept pages have none of their own) is no broken one: a face leaves its initials, any other its words.
const missing = (picture) => {
  const words = document.createElement("span");
  Object.assign(words, { className: "missing", textContent: picture.alt });
  picture.replaceWith(...(picture.alt ? [words] : []));
};
document.addEventListener("error", ({ target }) => { if (target.localName === "img") missing(target); }, true);
for (const one of document.images) if (one.complete && one.currentSrc && !one.naturalWidth) missing(one);

for (const button of document.querySelectorAll("[data-print][hidden], [data-share][hidden]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-print], [data-share], [data-copy]");
  if (!target) return;
  if (target.hasAttribute("data-print")) print();
  else if (target.hasAttribute("data-copy") || !navigator.share) {
    await navigator.clipboard.writeText(target.dataset.copy || target.dataset.share || location.href);
    sayAloud(document.getElementById("live").dataset.copied);
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
