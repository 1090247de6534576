// A form is sent once: a second click while it is on its way does nothing.
document.addEventListener("submit", (e) => {
  const f = e.target;
  if (e.defaultPrevented || f.method !== "post") return;
  if (f.dataset.sent) { e.preventDefault(); return; }
  f.dataset.sent = "1";
});
// A page that comes back from the browser's memory can send its forms again.
addEventListener("pageshow", () => { for (const f of document.forms) delete f.dataset.sent; });
// Copy a command.
document.addEventListener("click", async (e) => {
  const b = e.target.closest("[data-copy]");
  if (!b) return;
  await navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent);
  b.textContent = b.dataset.done;
});
for (const b of document.querySelectorAll("[data-copy]")) b.hidden = !navigator.clipboard;
