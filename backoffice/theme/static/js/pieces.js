// Files in pieces (tus 1.0), so that a lost line costs seconds and not the whole file. `send` gives the keys of what has
// arrived and the files whose names are not taken; it throws Stopped (Cancel), Refused (the server's own sentence),
// SignedOut or Lost (the line stayed away).
const PIECE = 5 * 1024 * 1024;
// Refused for its name alone: the form says so beside its field and keeps the others.
const BY_NAME = new Set(["file-type", "file-executable", "file-macro", "file-script"]);
const WAITS = [1, 2, 4, 8, 15, 30]; // seconds between attempts, as long as nothing moves

export class Stopped extends Error {}
export class Lost extends Error {}
export class SignedOut extends Error {}
export class Refused extends Error {
  constructor(text, code) {
    super(text);
    this.code = code;
  }
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

// One request; `null` as its answer means that the line is gone.
function ask(method, url, { headers = {}, body = null, token, onProgress, onStart }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries({ "Tus-Resumable": "1.0.0", "X-CSRFToken": token, "X-Upload": "1", ...headers })) {
      request.setRequestHeader(name, value);
    }
    if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => resolve(null));
    request.addEventListener("abort", () => reject(new Stopped()));
    onStart?.(request);
    request.send(body);
  });
}

function answered(request, signInUrl) {
  if ((request.getResponseHeader("X-Location") ?? "").startsWith(signInUrl)) throw new SignedOut();
  if (request.status < 300 || request.status === 409) return request;
  if (request.status >= 500) return null;
  const isOurs = (request.getResponseHeader("Content-Type") ?? "").startsWith("text/plain");
  throw new Refused(isOurs ? request.responseText.trim() : "", request.getResponseHeader("X-Error") ?? String(request.status));
}

// `control.stop()` ends it, `onProgress(bytes)` counts over all files, `onTrouble()` says that the line is away.
export function send(files, { url, about, token, signInUrl, onProgress, onTrouble }) {
  let current = null;
  let wake = null;
  let stopped = false;
  const begun = [];
  const wait = (seconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      wake = () => (clearTimeout(timer), resolve());
      addEventListener("online", wake, { once: true });
    });
  const stubborn = async (method, where, options) => {
    for (const seconds of [...WAITS, 0]) {
      if (stopped) throw new Stopped();
      const request = await ask(method, where, { ...options, token, onStart: (it) => (current = it) });
      const good = request && answered(request, signInUrl);
      if (good) return good;
      if (method === "PATCH") return null; // first ask how far it came
      onTrouble();
      if (seconds) await wait(seconds);
    }
    throw new Lost();
  };
  const one = async (file, before) => {
    const told = { filename: file.name, mark: `${file.lastModified}`, form: "1", ...about };
    const metadata = Object.entries(told).filter(([, value]) => value).map(([name, value]) => `${name} ${base64(value)}`).join(",");
    const made = await stubborn("POST", url, { headers: { "Upload-Length": String(file.size), "Upload-Metadata": metadata } });
    if (made.status !== 201) throw new Refused(made.responseText.trim(), made.getResponseHeader("X-Error") ?? "");
    const place = made.getResponseHeader("Location");
    begun.push(place);
    let offset = Number(made.getResponseHeader("Upload-Offset"));
    let failures = 0;
    while (offset < file.size) {
      const start = offset;
      onProgress(before + offset);
      const done = await stubborn("PATCH", place, {
        headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
        body: file.slice(offset, offset + PIECE), onProgress: (loaded) => onProgress(before + start + loaded),
      });
      if (done?.status === 204) {
        offset = Number(done.getResponseHeader("Upload-Offset"));
      } else {
        if (!done) {
          onTrouble();
          if (failures === WAITS.length) throw new Lost();
          await wait(WAITS[failures]);
        }
        offset = Number((await stubborn("HEAD", place, {})).getResponseHeader("Upload-Offset"));
      }
      failures = offset > start ? 0 : failures + 1;
      if (failures > WAITS.length) throw new Lost();
    }
    onProgress(before + file.size);
    return new URL(place, location.href).pathname.split("/").pop();
  };
  const all = async () => {
    const keys = [];
    const unwanted = [];
    let before = 0;
    for (const file of files) {
      try {
        keys.push(await one(file, before));
      } catch (trouble) {
        if (!(trouble instanceof Refused) || !BY_NAME.has(trouble.code)) throw trouble;
        unwanted.push(file);
      }
      before += file.size;
    }
    return { keys, unwanted };
  };
  const stop = () => {
    stopped = true;
    current?.abort();
    wake?.();
  };
  // Given up by the person: the server need not keep what came.
  const forget = () => Promise.all(begun.map((place) => ask("DELETE", place, { token }).catch(() => null)));
  return { done: all(), stop, forget };
}
