// Arrow, frame and black-out on a picture, by mouse, finger and keys. A mark is {kind, x, y, w, h} in pixels of the
// picture; an arrow runs from (x, y) to (x + w, y + h). What is black is destroyed in what `flatten` gives: there is
// one layer of pixels. Knows no form: pictures.js and blackout.js use it. Texts come from <template> and data-words.
const MOST_EDGE = 2000; // as the server keeps it
const STEP = 0.01; // of the picture's longer edge, for each press of a key

// A picture as it will be marked: upright, no larger than the server keeps it.
export async function load(source) {
  const bitmap = await createImageBitmap(source);
  const scale = Math.min(1, MOST_EDGE / Math.max(bitmap.width, bitmap.height));
  const picture = document.createElement("canvas");
  picture.width = Math.max(1, Math.round(bitmap.width * scale));
  picture.height = Math.max(1, Math.round(bitmap.height * scale));
  picture.getContext("2d").drawImage(bitmap, 0, 0, picture.width, picture.height);
  bitmap.close();
  return picture;
}

// Rounded outwards: a pixel that is half covered is black, too.
function box({ x, y, w, h }) {
  const left = Math.floor(Math.min(x, x + w));
  const top = Math.floor(Math.min(y, y + h));
  return [left, top, Math.ceil(Math.max(x, x + w)) - left, Math.ceil(Math.max(y, y + h)) - top];
}

function stroke(pen, width, draw) {
  for (const [color, more] of [["#fff", 2.2], ["#b02318", 1]]) {
    pen.strokeStyle = color;
    pen.lineWidth = width * more;
    pen.beginPath();
    draw();
    pen.stroke();
  }
}

// Black comes last: nothing is ever drawn over it.
function paint(canvas, picture, marks, chosen) {
  const pen = canvas.getContext("2d");
  const width = Math.max(3, Math.round(Math.max(canvas.width, canvas.height) / 350));
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0);
  pen.lineCap = pen.lineJoin = "round";
  for (const mark of marks) {
    const { x, y, w, h } = mark;
    if (mark.kind === "frame") stroke(pen, width, () => pen.rect(...box(mark)));
    if (mark.kind === "arrow") {
      const angle = Math.atan2(h, w);
      const head = Math.min(Math.hypot(w, h) * 0.5, width * 6);
      stroke(pen, width, () => {
        pen.moveTo(x, y);
        pen.lineTo(x + w, y + h);
        for (const turn of [-0.5, 0.5]) {
          pen.moveTo(x + w, y + h);
          pen.lineTo(x + w - head * Math.cos(angle + turn), y + h - head * Math.sin(angle + turn));
        }
      });
    }
  }
  pen.fillStyle = "#000";
  for (const mark of marks) if (mark.kind === "black") pen.fillRect(...box(mark));
  if (!chosen) return;
  const [left, top, wide, high] = box(chosen);
  pen.lineWidth = width;
  for (const [color, dash] of [["#fff", []], ["#2545b0", [width * 3, width * 2]]]) {
    pen.strokeStyle = color;
    pen.setLineDash(dash);
    pen.strokeRect(left - width, top - width, wide + 2 * width, high + 2 * width);
  }
  pen.setLineDash([]);
}

// One picture without layers; what was under a black mark is in it no more.
export function flatten(picture, marks, type) {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  paint(canvas, picture, marks);
  return new Promise((done) => canvas.toBlob(done, type, 0.92));
}

// The black places in whole pixels of the picture.
export const blacked = (marks) => marks.filter((mark) => mark.kind === "black").map(box);

const clone = (template) => template.content.firstElementChild.cloneNode(true);

// The editor of one picture: an element to put into the page. `marks` is changed in place; `changed` hears of it,
// `say` speaks. `templates`: editor, mark. `words`: black, arrow, frame, at, added, deleted, …
export function editor({ picture, marks, words, templates, say, changed, alt }) {
  const root = clone(templates.editor);
  const canvas = root.querySelector("canvas");
  const list = root.querySelector("[data-marks]");
  const nudges = root.querySelector("[data-nudges]");
  const tools = [...root.querySelectorAll("[data-tool]")];
  const past = []; // what undo brings back, the last first
  let tool = "black";
  let chosen = null;
  let drawn = null; // the mark under the pointer while it is drawn or moved
  canvas.width = picture.width;
  canvas.height = picture.height;

  const percent = (part, whole) => Math.round((100 * part) / whole);
  function told(mark) {
    const [left, top, wide, high] = box(mark);
    return words.at
      .replace("{mark}", words[mark.kind])
      .replace("{left}", percent(left, canvas.width))
      .replace("{top}", percent(top, canvas.height))
      .replace("{width}", percent(wide, canvas.width))
      .replace("{height}", percent(high, canvas.height));
  }

  function keep() {
    past.push(marks.map((mark) => ({ ...mark })));
    if (past.length > 100) past.shift();
  }

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
  function within(mark) {
    mark.w = clamp(mark.w, -canvas.width, canvas.width);
    mark.h = clamp(mark.h, -canvas.height, canvas.height);
    mark.x = clamp(mark.x, Math.max(0, -mark.w), canvas.width - Math.max(0, mark.w));
    mark.y = clamp(mark.y, Math.max(0, -mark.h), canvas.height - Math.max(0, mark.h));
  }

  function show(focus) {
    paint(canvas, picture, drawn && !marks.includes(drawn) ? [...marks, drawn] : marks, chosen);
    const rows = [...list.children];
    while (rows.length > marks.length) rows.pop().remove();
    marks.forEach((mark, index) => {
      const row = rows[index] ?? list.appendChild(clone(templates.mark));
      const pick = row.querySelector("[data-pick]");
      pick.textContent = `${index + 1}. ${told(mark)}`;
      pick.setAttribute("aria-pressed", mark === chosen);
      row.querySelector("[data-label]").textContent = words.deleteMark.replace("{n}", index + 1);
    });
    list.hidden = !marks.length;
    nudges.hidden = !chosen;
    if (chosen) nudges.setAttribute("aria-label", words.nudge.replace("{n}", marks.indexOf(chosen) + 1));
    root.querySelector("[data-undo]").setAttribute("aria-disabled", String(!past.length));
    const black = marks.filter((mark) => mark.kind === "black").length;
    root.querySelector("[data-caption]").textContent = black ? words.blackedOut.replace("{n}", black) : words.nothingBlack;
    canvas.setAttribute("aria-label", [alt, ...marks.map(told)].join(" · "));
    if (focus) list.children[marks.indexOf(focus)]?.querySelector("[data-pick]").focus();
  }

  function commit(text, focus) {
    show(focus);
    say(text);
    changed();
  }

  function add(mark, focus) {
    within(mark);
    keep();
    marks.push(mark);
    chosen = mark;
    commit(words.added.replace("{what}", told(mark)), focus && mark);
  }

  function remove(mark) {
    const at = marks.indexOf(mark);
    if (at < 0) return;
    keep();
    marks.splice(at, 1);
    if (chosen === mark) chosen = null;
    commit(words.deleted.replace("{n}", at + 1), marks[Math.min(at, marks.length - 1)]);
    if (!marks.length) root.querySelector("[data-add]").focus();
  }

  // By how much an arrow key, or its button, moves a mark, or with `size` makes it larger and smaller.
  function nudge(mark, [right, down], size) {
    const step = Math.max(1, Math.round(STEP * Math.max(canvas.width, canvas.height)));
    keep();
    if (!size) {
      mark.x += right * step;
      mark.y += down * step;
    } else if (mark.kind === "arrow") {
      mark.w += right * step;
      mark.h += down * step;
    } else {
      mark.w = Math.max(step, mark.w + right * step);
      mark.h = Math.max(step, mark.h + down * step);
    }
    within(mark);
    commit(told(mark));
  }

  root.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    const row = [...list.children].indexOf(button.closest("li"));
    if (button.dataset.tool) {
      tool = button.dataset.tool;
      for (const one of tools) one.setAttribute("aria-pressed", one === button);
    } else if ("add" in button.dataset) {
      const [w, h] = [Math.round(canvas.width * 0.3), Math.round(canvas.height * 0.1)];
      add({ kind: tool, x: Math.round((canvas.width - w) / 2), y: Math.round((canvas.height - h) / 2), w, h }, true);
    } else if ("undo" in button.dataset) {
      marks.splice(0, marks.length, ...past.pop());
      chosen = null;
      commit(words.undone);
    } else if ("pick" in button.dataset) {
      chosen = chosen === marks[row] ? null : marks[row];
      show();
    } else if ("delete" in button.dataset) {
      remove(marks[row]);
    } else if (button.dataset.nudge && chosen) {
      nudge(chosen, button.dataset.nudge.split(" ").map(Number), "size" in button.dataset);
    }
  });

  const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  list.addEventListener("keydown", (event) => {
    const mark = marks[[...list.children].indexOf(event.target.closest("li"))];
    if (!mark || event.altKey || event.ctrlKey || event.metaKey) return;
    if (keys[event.key]) {
      event.preventDefault();
      chosen = mark;
      nudge(mark, keys[event.key], event.shiftKey);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      remove(mark);
    }
  });

  // A drag draws; one that begins on the chosen mark moves it; a click chooses what lies there.
  function at(event) {
    const area = canvas.getBoundingClientRect();
    const part = (value, most) => Math.max(0, Math.min(1, value / most));
    return [part(event.clientX - area.left, area.width) * canvas.width, part(event.clientY - area.top, area.height) * canvas.height];
  }
  const hit = ([x, y]) => (mark) => {
    const [left, top, wide, high] = box(mark);
    return x >= left && x <= left + wide && y >= top && y <= top + high;
  };
  let from = null;
  let grip = null; // where in the moved mark the pointer holds it
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    from = at(event);
    if (chosen && hit(from)(chosen)) {
      keep();
      drawn = chosen;
      grip = [from[0] - chosen.x, from[1] - chosen.y];
    } else {
      drawn = { kind: tool, x: from[0], y: from[1], w: 0, h: 0 };
      grip = null;
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawn) return;
    const [x, y] = at(event);
    if (grip) {
      [drawn.x, drawn.y] = [x - grip[0], y - grip[1]];
      within(drawn);
    } else {
      [drawn.w, drawn.h] = [x - from[0], y - from[1]];
    }
    show();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!drawn) return;
    const mark = drawn;
    const small = 6 * (canvas.width / canvas.getBoundingClientRect().width);
    const reach = mark.kind === "arrow" ? Math.hypot(mark.w, mark.h) : Math.min(Math.abs(mark.w), Math.abs(mark.h));
    const is = grip ? "moved" : reach < small ? "click" : "drawn";
    drawn = null;
    if (is === "moved") {
      if (past.at(-1).some((one, index) => one.x !== marks[index].x || one.y !== marks[index].y)) {
        commit(told(mark));
        return;
      }
      past.pop();
    }
    if (is === "drawn") {
      if (mark.kind !== "arrow") [mark.x, mark.y, mark.w, mark.h] = box(mark);
      add(mark);
    } else {
      const under = marks.filter(hit(at(event)));
      chosen = under.at(-1) === chosen ? null : (under.at(-1) ?? null);
      show();
    }
  });
  canvas.addEventListener("pointercancel", () => {
    if (drawn && grip) marks.splice(0, marks.length, ...past.pop());
    drawn = chosen = null;
    show();
  });

  show();
  return root;
}
