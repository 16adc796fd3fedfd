// Suggestions under a search box, in the browser's own list; loaded when somebody first types in one.
export const suggest = (box) => {
  const list = document.createElement("datalist");
  list.id = `${box.id}-suggested`;
  box.after(list);
  box.setAttribute("list", list.id);
  let timer, asked = "";
  const ask = async () => {
    const typed = box.value.trim().toLowerCase();
    if (typed === asked) return;
    asked = typed;
    if (typed.length < 2) return list.replaceChildren();
    const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(typed)}`).catch(() => null);
    if (!answer?.ok || typed !== asked) return;
    const { suggestions } = await answer.json();
    list.replaceChildren(...suggestions.map(({ text, jobs }) => new Option(box.dataset.open.replace("#", jobs), text)));
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  ask();
};
