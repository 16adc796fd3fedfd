// Small enhancements; every page is whole without this file.
const signedIn = document.cookie.split("; ").includes("signed_in=1");
const strip = document.getElementById("strip");
const isPrivate = location.pathname.startsWith("/me") || location.pathname.startsWith("/ops");

if (signedIn && strip && !isPrivate) {
  addEventListener("load", async () => {
    const answer = await fetch("/me/strip", { headers: { accept: "text/html", "hx-request": "true" } });
    if (answer.ok) strip.innerHTML = await answer.text();
  });
} else if (isPrivate && strip) {
  strip.innerHTML = '<a class="button quiet small" href="/me">My page</a>';
}

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

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-print], [data-share], [data-copy]");
  if (!target) return;
  if (target.hasAttribute("data-print")) print();
  else if (target.hasAttribute("data-copy") || !navigator.share) {
    await navigator.clipboard.writeText(target.dataset.copy || location.href);
    document.getElementById("live").textContent = "Copied.";
  } else await navigator.share({ title: document.title, url: location.href }).catch(() => {});
});

document.querySelector("[data-focus]")?.focus();
