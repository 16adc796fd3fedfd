// A page out of this phone's own store, or the one that stands there since a page is not kept, makes way for the fresh page once
// there is one, unless somebody has typed in it.
const { kept } = document.body.dataset;
const renewsItself = kept && document.querySelector("[data-messages]");
const SOON = 500, FIRST = 2000, LONGEST = 60_000;
const late = `late ${location.href}`, asked = `asked ${location.href}`;
let isFresh = false, isAsking = false, hasBegun = false, wait = FIRST, timer;

// Fields are looked at, for this file may come after the first letter.
const isChanged = (field) => {
  if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  return /^(checkbox|radio)$/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
};
const isTyped = () => [...document.querySelectorAll("input, select, textarea")].some(isChanged);
const stays = () => isFresh || document.hidden || isTyped();

// A line says that it is there before it carries anything, and a server may be away on a good line: the page is asked for before
// this one is left, ever more rarely, and nobody's phone asks in the same moment as another's.
const ask = async () => {
  if (isAsking || stays() || !navigator.onLine) return;
  isAsking = true;
  const told = { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(LONGEST) };
  const { status = 503 } = await fetch(location.href, told).catch(() => ({}));
  isAsking = false;
  if (status === 429 || status > 499) return askIn(2 * wait);
  if (stays()) return;
  sessionStorage.setItem(asked, `${Date.now()} ${wait}`);
  location.reload();
};
const askIn = (next) => {
  hasBegun = true;
  wait = Math.min(next, LONGEST);
  clearTimeout(timer);
  timer = setTimeout(ask, wait * (0.5 + Math.random()));
};

// The network may only have taken its time. What came after all is shown, once in a while and not again and again where every
// answer is another; where it is not, the bar says no more that nothing comes, and its link leads there. Where nothing will come
// the page asks; a reload that led to a kept page again was a question in vain.
const came = ({ data: { isAnother } }) => {
  const [at, before] = (sessionStorage.getItem(asked) ?? "0 0").split(" ");
  if (isAnother === undefined) return askIn(Date.now() - at < 2 * LONGEST ? 2 * before : FIRST);
  if (!isAnother) return dispatchEvent(new CustomEvent("renewed", { detail: true }));
  if (!isTyped() && !(Date.now() - sessionStorage.getItem(late) < LONGEST)) {
    sessionStorage.setItem(late, Date.now());
    return location.reload();
  }
  document.getElementById("line").dataset.slow = "";
  dispatchEvent(new Event("aged"));
};

addEventListener("renewed", ({ detail }) => { isFresh ||= detail; });
if (!renewsItself) addEventListener("online", () => askIn(SOON));
if (!renewsItself && (kept || location.pathname !== "/offline")) {
  navigator.serviceWorker?.addEventListener("message", came);
  navigator.serviceWorker?.controller?.postMessage({});
  timer = setTimeout(askIn, 5 * LONGEST, LONGEST); // a worker that the browser ended says nothing
  document.addEventListener("visibilitychange", () => {
    if (hasBegun && !document.hidden) askIn(FIRST);
  });
}
