// A stored picture with the tool for black places; the form sends the places, the server destroys what is under them.
import { blacked, editor, load } from "./marks.js";

async function mount(root) {
  const picture = root.querySelector("[data-source]");
  const field = root.closest("form").elements.namedItem(root.dataset.blackout);
  const template = (name) => root.querySelector(`template[data-template="${name}"]`);
  const live = root.querySelector("[data-live]");
  await picture.decode();
  const marks = JSON.parse(field.value || "[]").map(([x, y, w, h]) => ({ kind: "black", x, y, w, h }));
  root.querySelector("[data-editor]").replaceChildren(
    editor({
      picture: await load(picture),
      marks,
      words: JSON.parse(root.dataset.words),
      templates: { editor: template("editor"), mark: template("mark") },
      say: (text) => (live.textContent = text),
      changed: () => (field.value = JSON.stringify(blacked(marks))),
      alt: picture.alt,
    }),
  );
  picture.hidden = true;
}

for (const root of document.querySelectorAll("[data-blackout]")) mount(root);
