// After an error the summary takes the focus, after a sent form the message; else the page starts as usual.
// "swapped" is what upload.js says when an answer has taken the place of the page's content.
// Each takes it once: when another part of the page is exchanged later, whoever types goes on typing.
const taken = new WeakSet();
function start() {
  const targets = [...document.querySelectorAll(".errsum[data-focus], [data-focus]")].filter((target) => !taken.has(target));
  targets.forEach((target) => taken.add(target));
  const target = targets.find((one) => one.matches(".errsum")) ?? targets[0];
  if (target && !location.hash) target.focus();
}
start();
document.addEventListener("swapped", start);

// A link of the error summary leads to the field itself, into an opened part, not only near it.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".errsum a[href^='#'], .checks a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  for (let part = field; part; part = part.parentElement) {
    if (part instanceof HTMLDetailsElement) part.open = true;
  }
  if (field.matches("input, select, textarea, button, a, [tabindex]")) {
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  }
});

// Menus are <details>: Esc closes and gives the focus back, a click elsewhere closes.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
