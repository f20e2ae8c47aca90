// What is typed and not saved yet is kept: at the server two seconds after the last key, and on this device while that
// does not work. Since when it does not and why is said, to screen readers too, and it goes out by itself afterwards.
// Forms with data-draft; without this file the server still keeps a form that is sent after its session has ended.
const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");
const WAIT = 2000;
const AGAIN = 10_000;
const LEFT_OUT = new Set(["csrf_token", "account"]);
const states = new Map();

const clock = () => new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }).format(new Date());
const opened = (form) => form.elements.opened?.value ?? "";
const shelf = (form) => `draft:${form.dataset.shelf}`; // of this person and this form alone
const fields = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name));
const typed = (form) => JSON.stringify(fields(form).filter(([name]) => name !== "opened"));
const hasFiles = (form) => [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);

function device(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // switched off, or full: then the page itself is all there is
  }
}

function say(form, text) {
  let box = form.querySelector("[data-unsaved]");
  if (!box) {
    box = form.querySelector("[data-kept]") ?? document.createElement("p");
    box.dataset.kept = "";
    box.className = "saved";
    form.append(box);
  }
  box.setAttribute("role", "status");
  box.textContent = text;
}

function warn(form, state, why) {
  state.since ??= clock();
  const text = words.notKept.replace("{time}", state.since).replace("{why}", why);
  let box = form.querySelector("[data-not-kept]");
  if (box?.textContent === text) return; // said once is enough
  if (!box) {
    box = document.createElement("p");
    box.className = "err mt-3";
    box.setAttribute("role", "alert");
    box.dataset.notKept = "";
    box.dataset.error = "not-kept";
    form.append(box);
  }
  box.textContent = text;
  say(form, "");
}

async function keep(form) {
  const state = states.get(form);
  if (!form.isConnected || !state || state.sent || state.busy) return state?.busy;
  clearTimeout(state.timer);
  const now = typed(form);
  if (now === state.kept) return;
  state.busy = send(form, state, now);
  await state.busy;
  state.busy = null;
  if (!state.since && !state.sent && typed(form) !== state.kept) later(form, WAIT);
}

async function send(form, state, now) {
  let why = words.noLine;
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(fields(form)), credentials: "same-origin" });
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      state.kept = now;
      device((store) => store.removeItem(shelf(form)));
      form.querySelector("[data-not-kept]")?.remove();
      say(form, (state.since ? words.keptAgain : words.kept).replace("{time}", told.at ?? clock()));
      state.since = null;
      if (!hasFiles(form)) form.dispatchEvent(new Event("kept", { bubbles: true }));
      return;
    }
    why = told.words ?? words.noAnswer.replace("{code}", answer.status);
  } catch {
    // no connection
  }
  if (state.sent) return;
  device((store) => store.setItem(shelf(form), JSON.stringify({ at: Date.now(), fields: fields(form) })));
  warn(form, state, why);
  later(form, AGAIN);
}

function later(form, wait) {
  const state = states.get(form);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => keep(form), wait);
}

function touched(event) {
  const form = event.target.form;
  const state = states.get(form);
  if (!state || event.target.type === "file") return;
  if (typed(form) !== state.kept && !state.since) later(form, WAIT);
  if (state.since) device((store) => store.setItem(shelf(form), JSON.stringify({ at: Date.now(), fields: fields(form) })));
}
document.addEventListener("input", touched);
document.addEventListener("change", touched);

const retry = () => [...states].forEach(([form, state]) => state.since && keep(form));
window.addEventListener("online", retry);
window.addEventListener("focus", retry);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && retry());
document.addEventListener("signed-in", retry);

document.addEventListener("submit", (event) => {
  const state = states.get(event.target);
  if (!state) return;
  clearTimeout(state.timer);
  state.sent = !event.defaultPrevented;
  setTimeout(() => (state.sent = false), 5000); // should it not have gone through
});

// A tab that is closed within the two seconds.
window.addEventListener("pagehide", () => {
  for (const [form, state] of states) {
    if (form.isConnected && !state.sent && typed(form) !== state.kept) navigator.sendBeacon(form.dataset.draft, new URLSearchParams(fields(form)));
  }
});

// The same page in the other language, with the text in it.
document.addEventListener("click", async (event) => {
  const link = event.target.closest(".lang a[hreflang]");
  const open = [...states].filter(([form, state]) => form.isConnected && typed(form) !== state.kept);
  if (!link || !open.length || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await Promise.all(open.map(([form]) => keep(form)));
  document.dispatchEvent(new Event("leaving"));
  location.assign(link.href);
});

// What could not be kept at the server when this page was left is put in from this device.
function fromDevice(form) {
  const left = device((store) => JSON.parse(store.getItem(shelf(form)) ?? "null"));
  if (!left) return false;
  form.dispatchEvent(new CustomEvent("fill", { bubbles: true, detail: left.fields })); // by forms.js
  return true;
}

function start() {
  for (const form of states.keys()) if (!form.isConnected) states.delete(form);
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (states.has(form) || !opened(form)) continue;
    const state = { kept: typed(form), timer: 0, since: null, busy: null, sent: false };
    states.set(form, state);
    if (fromDevice(form)) {
      say(form, words.fromDevice);
      keep(form);
    }
  }
}
start();
document.addEventListener("swapped", start);
