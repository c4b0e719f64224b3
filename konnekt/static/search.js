// The arrow keys go through the answers, Escape back to the field (where it empties it, as in every search field).
"use strict";
// Who dictates, or presses keys by accident, turns the shortcut off, in this browser (WCAG 2.1.4).
const slash = document.getElementById("slash");
slash.closest("[hidden]").hidden = false;
addEventListener("pageshow", () => {
  slash.checked = !document.cookie.includes("slash=off"); // after what the browser restores
});
slash.addEventListener("change", () => {
  // biome-ignore lint/suspicious/noDocumentCookie: one word, and not every browser has the Cookie Store
  document.cookie = `slash=off; path=/; samesite=lax; max-age=${slash.checked ? 0 : 31536000}`;
});
document.addEventListener("keydown", (event) => {
  const field = document.getElementById("q");
  const links = [field, ...document.querySelectorAll("#search-answers a")];
  const at = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (at < 0 || event.isComposing) return;
  if (step) links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
  else if (event.key === "Escape" && at) field.focus();
  else return;
  event.preventDefault();
});
