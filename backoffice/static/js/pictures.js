// Screenshots of a form: pasted, dropped or chosen, marked, and sent by the plain file field, which always holds the
// pictures as they will be stored: what is blacked out has left them before anything is sent. Without this file the
// field is chosen and sent as it is. Pictures outlive an answer that takes the place of the page ("swapped").
import { blacked, editor, flatten, load } from "./marks.js";

const KINDS = ["image/png", "image/jpeg", "image/webp"];
const kept = new Map(); // id of the part → its pictures
const making = new Set(); // what is being read or written anew
function made(thing) {
  making.delete(thing);
  if (!making.size) document.dispatchEvent(new Event("pictures-made"));
}
const number = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function mount(root) {
  if (root.dataset.mounted) return;
  root.dataset.mounted = "yes";
  const words = JSON.parse(root.dataset.words);
  const template = (name) => root.querySelector(`template[data-template="${name}"]`);
  const field = root.querySelector("input[type=file]");
  const list = root.querySelector("[data-list]");
  const place = root.querySelector("[data-editor]");
  const live = root.querySelector("[data-live]");
  const most = Number(root.dataset.most);
  const pictures = kept.get(root.id) ?? kept.set(root.id, []).get(root.id);
  let open = null; // the picture in the editor

  const say = (text) => (live.textContent = text);
  const name = (picture) => words.named.replace("{n}", pictures.indexOf(picture) + 1).replace("{name}", picture.name);

  function complain(text, code) {
    root.querySelector("[data-picture-error]")?.remove();
    if (!text) return;
    const box = document.createElement("p");
    box.className = "err mt-2";
    box.setAttribute("role", "alert");
    box.dataset.pictureError = "";
    box.dataset.error = code;
    box.textContent = text;
    field.closest(".drop").before(box);
  }

  // The field holds what will be sent, in the order of the list.
  function fill() {
    const files = new DataTransfer();
    for (const picture of pictures) files.items.add(picture.file);
    field.files = files.files;
    const black = root.closest("form").elements.namedItem(root.dataset.blacked);
    if (black) black.value = pictures.flatMap((picture, index) => (blacked(picture.marks).length ? [index] : [])).join(",");
  }

  function show() {
    const rows = [...list.children];
    while (rows.length > pictures.length) rows.pop().remove();
    pictures.forEach((picture, index) => {
      const row = rows[index] ?? list.appendChild(template("picture").content.firstElementChild.cloneNode(true));
      const thumb = row.querySelector("img");
      if (thumb.dataset.of !== picture.url) {
        thumb.src = picture.url;
        thumb.dataset.of = picture.url;
      }
      row.querySelector("[data-name]").textContent = name(picture);
      const black = blacked(picture.marks).length;
      const size = `${number.format(picture.file.size / 1e6)} MB`;
      row.querySelector("[data-size]").textContent = black ? `${size} · ${words.places.replace("{n}", black)}` : size;
      row.querySelector("[data-edit-label]").textContent = words.edit.replace("{n}", index + 1);
      row.querySelector("[data-remove-label]").textContent = words.remove.replace("{n}", index + 1);
      row.hidden = picture === open;
    });
    list.hidden = !pictures.some((picture) => picture !== open);
    fill();
  }

  // One at a time, the last marks win: two presses in one moment must not let the older picture be sent.
  async function write(picture) {
    picture.again = true;
    if (making.has(picture)) return;
    making.add(picture);
    while (picture.again) {
      picture.again = false;
      const type = KINDS.includes(picture.source.type) ? picture.source.type : "image/png";
      const content = picture.marks.length ? await flatten(picture.canvas, picture.marks, type) : picture.source;
      picture.file = new File([content], picture.name, { type: content.type });
      URL.revokeObjectURL(picture.url);
      picture.url = URL.createObjectURL(picture.file);
    }
    show();
    made(picture);
  }

  async function edit(picture) {
    picture.canvas ??= await load(picture.source);
    close();
    open = picture;
    const part = editor({
      picture: picture.canvas, marks: picture.marks, words, say, alt: name(picture),
      templates: { editor: template("editor"), mark: template("mark") },
      changed: () => write(picture),
    });
    part.querySelector("[data-done]").addEventListener("click", () => close(true));
    part.querySelector("[data-remove]").addEventListener("click", () => remove(picture));
    place.replaceChildren(part);
    show();
  }

  function close(focus) {
    const picture = open;
    open = null;
    place.replaceChildren();
    show();
    if (focus) list.children[pictures.indexOf(picture)]?.querySelector("[data-edit]").focus();
  }

  function remove(picture) {
    const index = pictures.indexOf(picture);
    if (picture === open) close();
    pictures.splice(index, 1);
    URL.revokeObjectURL(picture.url);
    show();
    say(words.removed.replace("{name}", picture.name));
    (list.children[Math.min(index, pictures.length - 1)]?.querySelector("[data-edit]") ?? field).focus();
  }

  async function add(files, named) {
    complain();
    making.add(files);
    const before = pictures.length;
    for (const file of files) {
      if (pictures.length >= most) {
        complain(words.tooMany, "too-many-pictures");
        break;
      }
      let canvas;
      try {
        canvas = await load(file);
      } catch {
        complain(words.noPicture.replace("{name}", file.name), "file-type");
        continue;
      }
      const picture = { source: file, file, canvas, marks: [], url: URL.createObjectURL(file) };
      picture.name = named ? `${named} ${pictures.length + 1}.${file.type.split("/").at(-1)}` : file.name;
      picture.file = new File([file], picture.name, { type: file.type });
      pictures.push(picture);
    }
    show();
    made(files);
    if (pictures.length === before) return;
    say(words.arrived.replace("{n}", pictures.length));
    if (files.length === 1 && !open) await edit(pictures.at(-1));
  }

  field.addEventListener("change", () => add([...field.files]));
  list.addEventListener("click", (event) => {
    const row = event.target.closest("li");
    const picture = pictures[[...list.children].indexOf(row)];
    if (event.target.closest("[data-edit]")) edit(picture).then(() => place.querySelector("[data-tool]").focus());
    if (event.target.closest("[data-remove]")) remove(picture);
  });
  root.take = (files) => add(files, words.pasted);
  show();
}

// Which part takes what is pasted or dropped on the page: the one in whose form it happens, else the only one.
function part(target) {
  const all = [...document.querySelectorAll("[data-pictures]")];
  return target.closest?.("form")?.querySelector("[data-pictures]") ?? (all.length === 1 ? all[0] : null);
}
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  const isText = event.target.matches?.("input, textarea") && event.clipboardData.getData("text/plain");
  const root = part(event.target);
  if (!files.length || isText || !root) return; // a cell of a table comes as text and as a picture of it
  event.preventDefault();
  root.take(files);
});
const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => {
  if (carries(event) && part(event.target)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const root = carries(event) && part(event.target);
  if (!root) return;
  event.preventDefault();
  root.take([...event.dataTransfer.files]);
});

// Nothing is sent while a picture is being written anew: it could be the one from before its names were blacked out.
document.addEventListener(
  "submit",
  (event) => {
    if (!making.size || !event.target.querySelector("[data-pictures]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter, target } = event;
    document.addEventListener("pictures-made", () => target.requestSubmit(submitter), { once: true });
  },
  { capture: true },
);

function start() {
  for (const root of document.querySelectorAll("[data-pictures]")) mount(root);
}
start();
document.addEventListener("swapped", start);
