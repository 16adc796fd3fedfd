// The button that lets this browser take pushes; it is there only where a browser can.
import { subscribe } from "./subscribing.js";

const say = (text) => { document.getElementById("live").textContent = text; };

export const offer = async (button) => {
  if (!("PushManager" in window) || Notification.permission === "denied") return;
  const worker = await navigator.serviceWorker.ready;
  if (await worker.pushManager.getSubscription()) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await subscribe(worker.pushManager, button.dataset.push);
      localStorage.setItem("push", document.cookie.match(/(?:^|; )signed_in=([^;]+)/)?.[1] || ""); // news.js looks whose it is
      location.reload();
    } catch (error) {
      button.disabled = false;
      say(button.dataset.failed.replace("#", error.message));
    }
  });
};
