// This browser's place for pushes, told to the server: by the button (push.js), and by the worker when the browser has moved.
const bytes = (key) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const post = (path, told) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(told) });

/** Subscribes, or takes what the browser has subscribed by itself; an Error says why not. */
export const subscribe = async (pushManager, key, made) => {
  made ||= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = made.toJSON();
  const label = navigator.userAgentData?.platform || navigator.platform || "";
  const answer = await post("/api/notifications/browsers", { endpoint, keys, label });
  if (!answer.ok) throw new Error((await answer.json()).detail);
};

/** No more pushes to a former place. */
export const forget = (endpoint) => post("/api/notifications/browsers/forget", { endpoint });
