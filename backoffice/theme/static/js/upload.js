// Progress, speed and Cancel on top of a plain multipart form (data-upload). Without script the form simply posts;
// with it the same request goes by XMLHttpRequest, and the answer becomes the page, as it would have.
const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");
const number = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const MB = 1024 * 1024;
const SPOKEN_EVERY = 10_000;

function bar(form) {
  const box = document.createElement("div");
  box.className = "note is-info mt-3";
  box.innerHTML = '<div class="stack stack-s"><p data-words></p><progress max="100"></progress><p class="visually-hidden" role="status"></p></div><button class="btn" type="button"></button>';
  box.querySelector("progress").setAttribute("aria-label", words.sending);
  box.querySelector("button").textContent = words.cancel;
  form.append(box);
  return {
    box,
    say: (text) => (box.querySelector("[data-words]").textContent = text),
    speak: (text) => (box.querySelector("[role=status]").textContent = text),
    progress: box.querySelector("progress"),
    cancel: box.querySelector("button"),
  };
}

function tell(form, text, code) {
  form.querySelector("[data-upload-error]")?.remove();
  const box = document.createElement("p");
  box.className = "err mt-3";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  box.dataset.uploadError = "";
  box.dataset.error = code;
  box.textContent = text;
  form.append(box);
  box.focus();
  form.dispatchEvent(new Event("retry", { bubbles: true }));
}

// The server tells us where a redirect leads instead of sending us there (see theme.py), so that the message of the
// next page is not lost. Everything else that is a page of ours is shown in place, as after a plain post.
function shown(request) {
  const next = request.getResponseHeader("X-Location");
  if (next) {
    document.dispatchEvent(new Event("leaving"));
    location.assign(next);
    return true;
  }
  if (request.status === 413) return false;
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.getElementById("main");
  // A failure is told on top of the form, unless its page gives all of the form back (data-keeps).
  if (!main || (request.status >= 500 && !main.querySelector("[data-keeps]"))) return false;
  document.title = page.title;
  document.getElementById("main").replaceWith(document.adoptNode(main));
  document.dispatchEvent(new Event("swapped"));
  return true;
}

function send(form, submitter) {
  const data = new FormData(form, submitter);
  const files = [...data.values()].filter((value) => value instanceof File && value.size > 0);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const most = Number(form.dataset.maxBytes ?? 0);
  form.querySelector("[data-upload-error]")?.remove();
  if (most && size > most) {
    tell(form, words.tooBig.replace("{size}", number.format(size / MB)).replace("{max}", number.format(most / MB)), "file-too-big");
    return;
  }
  const request = new XMLHttpRequest();
  const view = bar(form);
  const start = performance.now();
  let spoken = start;
  let complete = false; // from here on nobody can say that nothing was stored
  const end = (text, code) => {
    view.box.remove();
    form.removeAttribute("aria-busy");
    if (text) tell(form, text, code);
  };
  request.upload.addEventListener("progress", (event) => {
    const seconds = Math.max((performance.now() - start) / 1000, 0.1);
    const speed = event.loaded / seconds;
    view.progress.max = event.total;
    view.progress.value = event.loaded;
    const text = event.loaded < event.total
      ? words.progress
          .replace("{done}", number.format(event.loaded / MB))
          .replace("{total}", number.format(event.total / MB))
          .replace("{speed}", number.format(speed / MB))
          .replace("{left}", String(Math.ceil((event.total - event.loaded) / Math.max(speed, 1))))
      : words.checking;
    view.say(text);
    complete = event.loaded === event.total;
    view.cancel.hidden = complete;
    if (performance.now() - spoken > SPOKEN_EVERY || complete) {
      spoken = performance.now();
      view.speak(text);
    }
  });
  request.addEventListener("load", () => {
    const next = request.getResponseHeader("X-Location") ?? "";
    if (next.startsWith(words.signInUrl)) end(words.signedOut, "signed-out");
    else if (!shown(request)) end(words.refused.replace("{code}", request.status), "upload-refused");
  });
  request.addEventListener("error", () => (complete ? end(words.unsure, "upload-unsure") : end(words.lost, "upload-lost")));
  request.addEventListener("abort", () => end(words.cancelled, "upload-cancelled"));
  view.cancel.addEventListener("click", () => request.abort());
  view.say(words.sending);
  form.setAttribute("aria-busy", "true");
  request.open("POST", submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href);
  request.setRequestHeader("X-Upload", "1");
  request.send(data);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-upload]")) return;
  const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  if (!chosen) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
});
