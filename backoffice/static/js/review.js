// The review page. A comment is saved two seconds after the last key (htmx, on the form); who goes on earlier takes it
// along: the way to a decision waits for the save. And a claim that was renewed or lost is shown at once.
const typed = new Set(); // forms with text that was not sent yet
const sending = new Set();
const settled = () => typed.size === 0 && sending.size === 0;

document.addEventListener("input", (event) => {
  const form = event.target.matches("textarea") && event.target.closest("form[data-judge]");
  if (form) typed.add(form);
});
document.addEventListener("htmx:before:request", (event) => {
  const form = event.detail.ctx.sourceElement;
  if (!form.matches("form[data-judge]")) return;
  typed.delete(form);
  sending.add(form);
});
document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  sending.delete(ctx.sourceElement);
  if (ctx.sourceElement.matches("form[data-judge]") && ctx.status !== "swapped") typed.add(ctx.sourceElement);
});
window.addEventListener("beforeunload", (event) => {
  if (!settled()) event.preventDefault();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("#decide a[href]:not([href^='#'])");
  if (!link || settled() || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const address = link.href;
  for (const form of [...typed]) htmx.trigger(form, "save");
  for (let waits = 0; waits < 100 && sending.size; waits++) await new Promise((go) => setTimeout(go, 100));
  if (settled()) location.assign(address);
  else [...typed][0]?.querySelector("textarea")?.focus();
});

// The heartbeat of the page was answered, or refused since a colleague took over: show who holds the review now.
document.addEventListener("beat", (event) => {
  if (event.target.matches("[data-beat]")) htmx.trigger("#lease", "renewed");
});
