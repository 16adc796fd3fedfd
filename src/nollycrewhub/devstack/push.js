// A laptop's push service: a browser that takes pushes here gets an address on this machine instead of its maker's, and what is
// sent there lies at /dev/mail until somebody hands it to the browser's own worker, which shows it as it shows any other.
const say = (text) => { document.getElementById("live").textContent = text; };
const flat = (raw) => btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const allowed = async () => {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("this browser does not allow notices");
};

const take = async () => {
  await allowed();
  const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const keys = { p256dh: flat(await crypto.subtle.exportKey("raw", publicKey)), auth: flat(crypto.getRandomValues(new Uint8Array(16))) };
  const endpoint = `http://127.0.0.1/dev/push/${crypto.randomUUID()}`;
  const label = navigator.userAgentData?.platform || navigator.platform || "";
  const answer = await fetch("/api/notifications/browsers", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ endpoint, keys, label }),
  });
  if (!answer.ok) throw new Error((await answer.json()).detail);
  location.reload();
};

const hand = async (button) => {
  await allowed();
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ push: JSON.parse(button.dataset.handed) });
  say("The browser's worker has it.");
};

for (const button of document.querySelectorAll("[data-local-push], [data-handed]")) {
  button.hidden = !("Notification" in window && "serviceWorker" in navigator);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await (button.dataset.handed ? hand(button) : take()).catch((error) => say((button.dataset.failed || "#").replace("#", error.message)));
    button.disabled = false;
  });
}
