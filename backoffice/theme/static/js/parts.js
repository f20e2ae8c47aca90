// Around htmx: a part of a page that was exchanged gets its helps again, and an answer that lacks the part (signed out,
// too late, no connection) never makes what was typed vanish.
const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");

function tell(form, text, code) {
  form.querySelector("[data-part-error]")?.remove();
  const box = document.createElement("p");
  box.className = "err mt-3";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  box.dataset.partError = "";
  box.dataset.error = code;
  box.textContent = text;
  form.append(box);
  if (!document.activeElement?.matches("input, textarea, select")) box.focus(); // whoever types goes on typing
}

const isQuiet = (part) => part?.dataset?.quiet !== undefined;

// After the answer has come and before anything is exchanged.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (isQuiet(form)) {
    // What a page asks for by itself never replaces more than its part, and its failure is nobody's business.
    const part = new DOMParser().parseFromString(ctx.text, "text/html");
    if (!ctx.select || !part.querySelector(ctx.select)) event.preventDefault();
    return;
  }
  const { raw, status } = ctx.response;
  if (words.signInUrl && new URL(raw.url).pathname === words.signInUrl) {
    event.preventDefault();
    tell(form, words.signedOut, "signed-out");
    return;
  }
  const page = new DOMParser().parseFromString(ctx.text, "text/html");
  if (ctx.select && page.querySelector(ctx.select)) {
    form.querySelector("[data-part-error]")?.remove();
    return;
  }
  event.preventDefault();
  const main = page.getElementById("main");
  if (status >= 500 || !main) {
    tell(form, words.refused.replace("{code}", status), "part-refused");
    return;
  }
  document.title = page.title;
  document.getElementById("main").replaceWith(document.adoptNode(main));
  document.dispatchEvent(new Event("swapped"));
});
document.addEventListener("htmx:error", (event) => {
  const form = event.detail.ctx?.sourceElement;
  if (form?.isConnected && !isQuiet(form)) tell(form, words.lost, "part-lost");
});

// The focus stays on the control (htmx sees to that by its id), on what its data-else names, or on the part itself.
let left = null;
document.addEventListener("htmx:before:request", (event) => {
  if (isQuiet(event.detail.ctx.sourceElement)) {
    left = null;
    return;
  }
  const button = event.detail.ctx.request?.submitter ?? document.activeElement;
  left = { else: button?.dataset?.else, part: event.detail.ctx.select };
});
document.addEventListener("htmx:after:settle", () => {
  document.dispatchEvent(new Event("swapped"));
  if (!left || document.activeElement !== document.body) return;
  const target = document.querySelector(left.else ?? left.part) ?? document.querySelector(left.part);
  if (target && !target.matches("a, button, input, select, textarea")) target.tabIndex = -1;
  target?.focus();
});
