// The last refusal or failure that a person read in this tab (data-error), so that a help form can offer to add it:
// [data-trouble="name"] is a hidden part with a [data-said]; it appears when there is something to say, which goes
// into the hidden field of that name in its form. [data-window="name"] says the size of the window in the same way.
const KEY = "trouble";
const HOUR = 3600 * 1000;

function note(node) {
  if (document.querySelector("[data-trouble]")) return;
  const text = node.textContent.replace(/\s+/g, " ").trim().slice(0, 200);
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ code: node.dataset.error, text, page: location.pathname, at: Date.now() }));
  } catch {
    // A browser that keeps nothing.
  }
}

function look(root) {
  const found = root.querySelectorAll("[data-error]");
  if (found.length) note(found[found.length - 1]);
}

function offer() {
  const part = document.querySelector("[data-trouble]");
  const field = part?.closest("form").elements.namedItem(part.dataset.trouble);
  if (!field) return;
  if (!field.value) {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (!kept || Date.now() - kept.at > HOUR) return;
    const at = new Date(kept.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    field.value = `${kept.text} (${kept.code}, ${kept.page}, ${at})`;
  }
  part.querySelector("[data-said]").textContent = field.value;
  part.hidden = false;
}

function measure() {
  const part = document.querySelector("[data-window]");
  const field = part?.closest("form").elements.namedItem(part.dataset.window);
  if (!field) return;
  const size = `${innerWidth} × ${innerHeight}`;
  if (!part.textContent.includes(size)) part.append(` · ${size}`);
  field.value = size;
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.dataset.error) note(node);
      look(node);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
look(document);
for (const show of [offer, measure]) {
  show();
  document.addEventListener("swapped", show);
}
