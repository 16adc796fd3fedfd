// The button that lets this browser take pushes; it is there only where a browser can.
const bytes = (key) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const say = (text) => { document.getElementById("live").textContent = text; };

export const offer = async (button) => {
  if (!("PushManager" in window) || Notification.permission === "denied") return;
  const worker = await navigator.serviceWorker.ready;
  if (await worker.pushManager.getSubscription()) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const options = { userVisibleOnly: true, applicationServerKey: bytes(button.dataset.push) };
      const { endpoint, keys } = (await worker.pushManager.subscribe(options)).toJSON();
      const label = navigator.userAgentData?.platform || navigator.platform || "";
      const answer = await fetch("/api/notifications/browsers", {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ endpoint, keys, label }),
      });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      localStorage.setItem("push", document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1] || ""); // news.js looks whose it is
      location.reload();
    } catch (error) {
      button.disabled = false;
      say(button.dataset.failed.replace("#", error.message));
    }
  });
};
