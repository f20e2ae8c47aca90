// A session ends when nothing was opened or saved for a while. Five minutes before, a dialog says so; one press of its
// button stays, as often as needed, and gives the focus back to where it was. Other windows are asked first.
const WARN = 300;
const box = document.getElementById("sitting");
const other = "BroadcastChannel" in window ? new BroadcastChannel("sitting") : null;
let end = 0; // in the time of this page, so a wrong clock of the computer changes nothing
let timer = 0;

const left = () => Math.max(0, Math.ceil((end - performance.now()) / 1000));
const minutes = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "long" });
const seconds = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "second", unitDisplay: "long" });

function show(isOver) {
  box.querySelector("[data-warn]").hidden = isOver;
  box.querySelector("[data-over]").hidden = !isOver;
  box.querySelector("[data-stay]").hidden = isOver;
  const again = box.querySelector("[data-again]");
  again.hidden = !isOver;
  again.href = `${box.dataset.signIn.split("?")[0]}?next=${encodeURIComponent(location.pathname + location.search)}`;
  if (!box.open) box.showModal();
}

async function ask(method) {
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const answer = await fetch(box.dataset.url, { method, headers: { "X-CSRFToken": token }, credentials: "same-origin", redirect: "manual" });
  if (!answer.ok) return 0;
  return (await answer.json()).seconds;
}

function set(n) {
  end = performance.now() + n * 1000;
  clearTimeout(timer);
  if (n > WARN && box.open) box.close();
  timer = setTimeout(look, Math.max(1, n - WARN) * 1000);
}

// Another window may have gone on meanwhile: the server knows.
async function look() {
  let n = left();
  try {
    n = await ask("GET");
  } catch {
    // no connection: what this page knows
  }
  if (n > WARN) return set(n);
  end = performance.now() + n * 1000;
  tick();
}

function tick() {
  const n = left();
  show(n === 0);
  const text = box.querySelector("[data-left]");
  const said = n >= 60 ? minutes.format(Math.round(n / 60)) : seconds.format(Math.ceil(n / 10) * 10);
  if (text.textContent !== said) text.textContent = said;
  clearTimeout(timer);
  if (n > 0) timer = setTimeout(n > 1 ? tick : look, 1000);
}

async function stay() {
  const button = box.querySelector("[data-stay]");
  button.setAttribute("aria-busy", "true");
  try {
    const n = await ask("POST");
    if (n) {
      set(n);
      other?.postMessage(n);
    } else {
      end = performance.now();
      show(true);
    }
  } catch {
    // no connection: the dialog stays, and so does the button
  }
  button.removeAttribute("aria-busy");
}

if (box) {
  box.querySelector("[data-stay]").addEventListener("click", stay);
  box.addEventListener("cancel", (event) => {
    event.preventDefault(); // Esc means: go on, and that is to stay
    if (!box.querySelector("[data-stay]").hidden) stay();
    else box.close();
  });
  other?.addEventListener("message", (event) => set(event.data));
  // A request of this page that was answered has renewed the session.
  set(Number(box.dataset.seconds));
}
