// A phone that changed hands keeps nothing of the one before. It stands before the outbox, which sends what waits at once.
const { person } = document.querySelector("[data-messages]").dataset;
const before = localStorage.getItem("person");
if (before && before !== person) {
  localStorage.removeItem("outbox");
  window.caches?.delete("own");
}
localStorage.setItem("person", person);
