// What runs out: a claim, an undo. The server's instant is the truth; the page only shows it.
const words = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}");
const shown = [...document.querySelectorAll("[data-until]")];
const loaded = performance.now();
// Counted from what the server said was left, so a wrong clock of the computer changes nothing.
const left = new Map(shown.map((box) => [box, Number(box.querySelector("progress")?.getAttribute("value") ?? 0)]));

function tick() {
  const gone = (performance.now() - loaded) / 1000;
  for (const [box, start] of left) {
    const seconds = Math.max(0, Math.ceil(start - gone));
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
  if (left.size) setTimeout(tick, 1000);
}
if (left.size) tick();

// Heartbeat of an open page (data-beat="address", data-every="seconds"): only while somebody can see the page.
for (const box of document.querySelectorAll("[data-beat]")) {
  setInterval(async () => {
    if (document.visibilityState !== "visible") return;
    const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
    try {
      const answer = await fetch(box.dataset.beat, { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" });
      box.dispatchEvent(new CustomEvent("beat", { bubbles: true, detail: { ok: answer.ok, status: answer.status } }));
    } catch {
      box.dispatchEvent(new CustomEvent("beat", { bubbles: true, detail: { ok: false, status: 0 } }));
    }
  }, Number(box.dataset.every ?? 300) * 1000);
}
