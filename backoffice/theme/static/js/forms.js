// Small helps of forms: counter, unsaved changes, one submit at a time, phrases, marks. Each works only where its
// data attribute stands, and without this file every form still posts.
const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");
const number = new Intl.NumberFormat(document.documentElement.lang);
const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(document.documentElement.lang, { granularity: "grapheme" }) : null;

// As a person counts: a line break is one, a letter with its marks is one (the server counts the same way).
function characters(text) {
  const plain = text.replace(/\r\n?/g, "\n");
  return segmenter ? [...segmenter.segment(plain)].length : [...plain.normalize("NFC")].length;
}

function count(field) {
  const box = document.getElementById(`${field.id}-count`);
  if (!box) return;
  const most = Number(field.dataset.count);
  const n = characters(field.value);
  const over = n > most;
  const said = over ? words.tooMany.replace("{n}", number.format(n - most)) : words.characters.replace("{n}", number.format(n));
  box.textContent = said.replace("{max}", number.format(most));
  box.classList.toggle("over", over);
}
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-count]")) count(event.target);
});

// Unsaved changes: what a form holds now against what it held when the page came.
const held = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name : value]));
const guarded = new Map();
const changed = (form) => form.isConnected && held(form) !== guarded.get(form);
let leaving = false;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  const box = guarded.has(form) && form.querySelector("[data-unsaved]");
  if (box && !form.dataset.draft) box.textContent = changed(form) ? words.unsaved : ""; // else drafts.js says more
});
window.addEventListener("beforeunload", (event) => {
  if (!leaving && [...guarded.keys()].some(changed)) event.preventDefault();
});

// One submit at a time: a second one within five seconds is a double click. A retry later always goes through,
// and a page that comes back from the browser's memory starts afresh.
const sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.matches("[data-once]")) {
    const now = performance.now();
    if (now - (sent.get(form) ?? -Infinity) < 5000) {
      event.preventDefault();
      return;
    }
    sent.set(form, now);
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => event.submitter?.removeAttribute("aria-busy"), 5000);
  }
  leaving = true;
  setTimeout(() => (leaving = false), 5000);
});
document.addEventListener("leaving", () => (leaving = true)); // an upload that took its time has arrived

// What is typed goes along into the same page in the other language; forms with data-draft do it by drafts.js.
const along = (act) => {
  try {
    return act(sessionStorage);
  } catch {
    return null; // switched off: then the browser asks before leaving
  }
};
document.addEventListener("click", (event) => {
  if (!event.target.closest(".lang a[hreflang]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const all = [...document.forms];
  const open = [...guarded.keys()].filter((form) => changed(form) && !form.dataset.draft);
  const taken = open.map((form) => [all.indexOf(form), [...new FormData(form)].filter(([, value]) => typeof value === "string")]);
  if (!open.length || !along((store) => (store.setItem("along", JSON.stringify([location.pathname, taken])), true))) return;
  leaving = !open.some((form) => [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length));
});
document.addEventListener("fill", (event) => {
  const data = new Map();
  for (const [name, value] of event.detail) data.set(name, [...(data.get(name) ?? []), value]);
  for (const field of event.target.elements) {
    if (!field.name || field.type === "file" || field.type === "hidden" || field.type === "submit") continue;
    const values = data.get(field.name) ?? [];
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = values.includes(option.value);
    else if (values.length) field.value = values[0];
  }
  for (const field of event.target.querySelectorAll("[data-count]")) count(field);
});
function arrived() {
  const [path, taken] = along((store) => JSON.parse(store.getItem("along"))) ?? [];
  along((store) => store.removeItem("along"));
  if (path !== location.pathname) return;
  for (const [place, fields] of taken) {
    const form = document.forms[place];
    if (!guarded.has(form)) continue;
    form.dispatchEvent(new CustomEvent("fill", { bubbles: true, detail: fields }));
    form.dispatchEvent(new Event("change", { bubbles: true }));
    const box = form.querySelector("[data-unsaved]");
    if (box) box.textContent = words.unsaved;
  }
}
document.addEventListener("kept", (event) => guarded.has(event.target) && guarded.set(event.target, held(event.target)));
document.addEventListener("retry", (event) => sent.delete(event.target));
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  for (const form of document.forms) sent.delete(form);
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

document.addEventListener("click", (event) => {
  // A button that cannot work yet stays focusable, says why, and does nothing.
  if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  const button = event.target.closest("[data-insert]");
  const field = button && document.querySelector(button.dataset.insert);
  if (!field) return;
  field.setRangeText((field.value && !/\s$/.test(field.value) ? " " : "") + button.dataset.text, field.selectionEnd, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// A list of several choices: each click adds or takes away, with no key held. The keyboard works as in any such list.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest?.("select[multiple][data-toggle] option");
  if (!option || event.button !== 0) return;
  event.preventDefault();
  const list = option.closest("select");
  const top = list.scrollTop;
  option.selected = !option.selected;
  list.focus();
  requestAnimationFrame(() => (list.scrollTop = top));
  list.dispatchEvent(new Event("input", { bubbles: true }));
  list.dispatchEvent(new Event("change", { bubbles: true }));
});

// Marks of a list: all at once, and how many.
function marks(form) {
  const boxes = [...form.querySelectorAll(".pick[name]")];
  const on = boxes.filter((box) => box.checked).length;
  for (const all of form.querySelectorAll("[data-all]")) {
    all.checked = on > 0 && on === boxes.length;
    all.indeterminate = on > 0 && on < boxes.length;
  }
  for (const box of form.querySelectorAll("[data-marked]")) box.textContent = number.format(on);
}
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("select[data-auto]")) field.form.requestSubmit();
  if (!field.matches(".pick") || !field.form) return;
  if (field.dataset.all) {
    for (const box of field.form.querySelectorAll(`.pick[name="${CSS.escape(field.dataset.all)}"]`)) box.checked = field.checked;
  }
  marks(field.form);
});

function start() {
  for (const field of document.querySelectorAll("[data-count]")) count(field);
  for (const form of document.querySelectorAll("form[data-guard]")) if (!guarded.has(form)) guarded.set(form, held(form));
  for (const form of document.querySelectorAll("form:has(.pick)")) marks(form);
}
start();
arrived();
document.addEventListener("swapped", start);
