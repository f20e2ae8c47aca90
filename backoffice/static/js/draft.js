// What is typed into a form with data-draft stays in this browser until it is sent: a closed window, an empty battery
// or a failure of ours loses nothing. Only the fields that data-fields names, a week at most, and it is said; with the
// button [data-forget] it goes at once. The page after sending says data-draft-sent.
const WEEK = 7 * 24 * 3600 * 1000;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null");
    if (kept && Date.now() - kept.at < WEEK) return kept;
    localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing, or something that is not ours.
  }
  return null;
}

function drop(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function mount(form) {
  if (form.dataset.drafted) return;
  form.dataset.drafted = "yes";
  const { draft: key, wordsKept, wordsBack } = form.dataset;
  const fields = form.dataset.fields.split(" ").map((name) => form.elements[name]);
  const said = form.querySelector("[data-draft-said]");
  const forget = form.querySelector("[data-forget]");
  const show = (text) => {
    said.textContent = text;
    said.hidden = forget.hidden = !text;
  };
  const back = read(key);
  if (back && fields.every((field) => !field.value)) {
    for (const field of fields) {
      field.value = back.texts[field.name] ?? "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    show(wordsBack.replace("{at}", clock.format(back.at)));
  }
  let timer = 0;
  const keep = () => {
    clearTimeout(timer);
    const texts = Object.fromEntries(fields.filter((field) => field.value).map((field) => [field.name, field.value]));
    try {
      if (Object.keys(texts).length) localStorage.setItem(key, JSON.stringify({ at: Date.now(), texts }));
      else localStorage.removeItem(key);
      show(Object.keys(texts).length ? wordsKept : "");
    } catch {
      show(""); // the browser keeps nothing: then nothing is promised
    }
  };
  form.addEventListener("input", (event) => {
    if (!fields.includes(event.target)) return;
    clearTimeout(timer);
    timer = setTimeout(keep, 800);
  });
  window.addEventListener("pagehide", () => timer && form.isConnected && keep());
  forget.addEventListener("click", () => {
    clearTimeout(timer);
    timer = 0;
    drop(key);
    for (const field of fields) field.value = "";
    show("");
    fields[0].focus();
  });
}

function start() {
  for (const sent of document.querySelectorAll("[data-draft-sent]")) drop(sent.dataset.draftSent);
  for (const form of document.querySelectorAll("form[data-draft]")) mount(form);
}
start();
document.addEventListener("swapped", start);
