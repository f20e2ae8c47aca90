// The page of a ticket: a ready reply goes into the text where the cursor stands, and says what becomes of the ticket.
document.addEventListener("click", (event) => {
  const ready = event.target.closest?.("a[data-canned]");
  const text = document.getElementById("text");
  if (!ready || !text || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const before = text.value.slice(0, text.selectionStart);
  const gap = before && !/\n\n$/.test(before) ? (/\n$/.test(before) ? "\n" : "\n\n") : "";
  text.setRangeText(gap + ready.dataset.canned, text.selectionStart, text.selectionEnd, "end");
  const then = document.getElementById("then");
  if (then) then.value = ready.dataset.then;
  ready.closest("details").open = false;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
});
