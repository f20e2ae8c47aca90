// Progress, speed and Cancel on top of a plain multipart form (data-upload). Without script the form simply posts;
// with it the same request goes by XMLHttpRequest, and the answer becomes the page, as it would have. Where the form
// names a place for pieces (data-pieces), the files go there first and a lost line is taken up again (pieces.js).
import * as pieces from "./pieces.js";

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
  const view = bar(form);
  form.setAttribute("aria-busy", "true");
  view.say(words.sending);
  if (form.dataset.pieces && files.length) sendPieces(form, submitter, { data, files, size, view });
  else post(form, submitter, { data, view });
}

function post(form, submitter, { data, view }) {
  const request = new XMLHttpRequest();
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
    if (view.isDone) view.progress.removeAttribute("value");
    else count(view, event.loaded, event.total);
    const text = event.loaded < event.total && !view.isDone ? progress(event.loaded, event.total, speed) : words.checking;
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
  view.cancel.onclick = () => request.abort();
  request.open("POST", submitter?.getAttribute("formaction") || form.getAttribute("action") || location.href);
  request.setRequestHeader("X-Upload", "1");
  request.send(data);
}

function count(view, done, total) {
  view.progress.max = total;
  view.progress.value = done;
}

function progress(done, total, speed) {
  return words.progress
    .replace("{done}", number.format(done / MB))
    .replace("{total}", number.format(total / MB))
    .replace("{speed}", number.format(speed / MB))
    .replace("{left}", String(Math.ceil((total - done) / Math.max(speed, 1))));
}

// The files first, in pieces; then the form itself, which names them.
async function sendPieces(form, submitter, { data, files, size, view }) {
  const start = performance.now();
  let spoken = start;
  let first = null; // what an earlier attempt had brought is no speed of this one
  const upload = pieces.send(files, {
    url: form.dataset.pieces, about: JSON.parse(form.dataset.piecesAbout ?? "{}"), token: data.get("csrf_token"),
    signInUrl: words.signInUrl,
    onProgress: (done) => {
      first ??= done;
      count(view, done, size);
      const text = progress(done, size, (done - first) / Math.max((performance.now() - start) / 1000, 0.1));
      view.say(text);
      if (performance.now() - spoken > SPOKEN_EVERY) {
        spoken = performance.now();
        view.speak(text);
      }
    },
    onTrouble: () => {
      view.say(words.tryingAgain);
      view.speak(words.tryingAgain);
    },
  });
  view.cancel.onclick = upload.stop;
  const end = (text, code) => {
    view.box.remove();
    form.removeAttribute("aria-busy");
    tell(form, text, code);
  };
  try {
    const { keys, unwanted } = await upload.done;
    const field = form.querySelector("input[type=file]").name;
    // What is refused whatever its bytes goes with the form, a few bytes of it, so that the form tells why.
    const rest = [
      ...data.getAll(field).filter((file) => file.name && !file.size),
      ...unwanted.map((file) => new File([file.slice(0, 64)], file.name)),
    ];
    data.set(field, new File([], "")); // as a browser sends an empty choice
    for (const file of rest) data.append(field, file);
    for (const key of keys) data.append("upload", key);
    view.isDone = true;
    view.say(words.checking);
    post(form, submitter, { data, view });
  } catch (trouble) {
    if (trouble instanceof pieces.Stopped) {
      await upload.forget();
      end(words.cancelled, "upload-cancelled");
    } else if (trouble instanceof pieces.SignedOut) end(words.signedOut, "signed-out");
    else if (trouble instanceof pieces.Refused && trouble.code === "closed") {
      data.delete("files");
      post(form, submitter, { data, view }); // the page that follows keeps what was typed
    } else if (trouble instanceof pieces.Refused) {
      await upload.forget();
      end(trouble.message || words.refused.replace("{code}", trouble.code), trouble.code);
    } else end(words.lostPiece, "upload-lost");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form[data-upload]")) return;
  const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  if (!chosen) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
});
