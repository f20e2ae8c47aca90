// Extra keys on lists: / search, j k next and previous row, x mark, Enter open, ? the list of keys.
// Off inside fields and with Ctrl, Alt or Meta; who turned them off in the account does not get this file.
const listed = () => [...document.querySelectorAll("table[data-keys] tbody tr")];
let at = -1;

function go(step) {
  const rows = listed();
  if (!rows.length) return false;
  rows[at]?.removeAttribute("aria-current");
  at = Math.min(rows.length - 1, Math.max(0, at + step));
  rows[at].setAttribute("aria-current", "true");
  (rows[at].querySelector("a.ttl") ?? rows[at].querySelector("a, button, input"))?.focus();
  rows[at].scrollIntoView({ block: "nearest" });
  return true;
}

const acts = {
  "/": () => {
    const field = document.querySelector(".tools input[type=search]") ?? document.querySelector("#q-all");
    field?.focus();
    return Boolean(field);
  },
  j: () => go(1),
  k: () => go(-1),
  x: () => {
    const mark = listed()[at]?.querySelector(".pick");
    mark?.click();
    return Boolean(mark);
  },
  "?": () => {
    const sheet = document.getElementById("keys");
    sheet?.togglePopover?.();
    return Boolean(sheet);
  },
};

document.addEventListener("keydown", (event) => {
  const inside = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (inside || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  const act = acts[event.key];
  if (act?.()) event.preventDefault();
  if (event.key === "Enter" && event.target.matches?.(".pick")) {
    const link = event.target.closest("tr")?.querySelector("a.ttl");
    if (link) {
      event.preventDefault();
      link.click();
    }
  }
});

// A click or Tab into a row is where j and k go on from.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("table[data-keys] tbody tr");
  if (row) at = listed().indexOf(row);
});
