// What runs out: a claim, an undo. The server's instant is the truth; the page only shows it.
const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");
// Counted from what the server said was left, so a wrong clock of the computer changes nothing.
const left = new Map();
let ticking = false;

function tick() {
  for (const [box, end] of left) {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const progress = box.querySelector("progress");
    const text = box.querySelector("[data-left]");
    if (progress) progress.value = seconds;
    if (text) {
      const minutes = Math.round(seconds / 60);
      text.textContent = seconds === 0 ? words.over : seconds >= 60 ? words.minutes.replace("{n}", minutes) : words.seconds.replace("{n}", seconds);
    }
    if (seconds === 0) {
      left.delete(box);
      if (box.dataset.then === "reload") location.reload();
      if (box.dataset.then === "hide") (box.closest(".note") ?? box).hidden = true;
    }
  }
  ticking = left.size > 0;
  if (ticking) setTimeout(tick, 1000);
}

// Heartbeat of an open page (data-beat="address", data-every="seconds"): only while somebody can see the page.
async function beat(box) {
  if (document.visibilityState !== "visible") return;
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const detail = { ok: false, status: 0 };
  try {
    const answer = await fetch(box.dataset.beat, { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" });
    Object.assign(detail, { ok: answer.ok, status: answer.status });
  } catch {
    // no connection: told like any other beat that did not arrive
  }
  box.dispatchEvent(new CustomEvent("beat", { bubbles: true, detail }));
}

const beating = new WeakSet();
function start() {
  for (const box of document.querySelectorAll("[data-until]")) {
    if (!left.has(box)) left.set(box, performance.now() + 1000 * Number(box.querySelector("progress")?.getAttribute("value") ?? 0));
  }
  if (left.size && !ticking) tick();
  for (const box of document.querySelectorAll("[data-beat]")) {
    if (beating.has(box)) continue;
    beating.add(box);
    setInterval(() => box.isConnected && beat(box), Number(box.dataset.every ?? 300) * 1000);
  }
}
start();
document.addEventListener("swapped", start);
