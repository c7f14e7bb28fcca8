// Colours code blocks that come near the screen. Grammars are patterns, and a pattern may match without end: they run
// in
// a worker, which is ended after half a second. What could not be coloured stays plain.
const TIMEOUT = 500; // ms for one block
const LOAD_TIMEOUT = 10_000;
const LONGEST = 50_000; // characters
const MOST_LINES = 2_000;
const MOST_RUNS = 5_000; // elements in one block
const KEPT = 200; // blocks

const results = new Map(); // language and code: runs, or null for what stays plain
const queue = [];
let worker = null;
let isRefused = typeof Worker === "undefined" || !document.body.dataset.codeWorker;
let current = null; // {number, element, key, timer, started}
let number = 0;

const languageOf = (element) => /(?:^|\s)language-(\S+)/.exec(element.className)?.[1].toLowerCase();

function keep(key, runs) {
  results.delete(key);
  results.set(key, runs);
  if (results.size > KEPT) results.delete(results.keys().next().value);
}

/** Built by hand from text and class names; whatever does not say the same text is dropped. */
function paint(element, runs) {
  const fits = Array.isArray(runs) && runs.map(([, text]) => text).join("") === element.textContent;
  element.dataset.coloured = fits;
  if (!fits) return;
  element.replaceChildren(...runs.map(([name, text]) => {
    if (!/^hljs-[a-z_-]+$/.test(name)) return text;
    return Object.assign(document.createElement("span"), { className: name, textContent: text });
  }));
}

function start() {
  worker = new Worker(document.body.dataset.codeWorker, { type: "module" });
  worker.addEventListener("message", ({ data }) => answered(data));
  worker.addEventListener("error", (event) => { event.preventDefault(); failed(); });
}

function stop() {
  worker?.terminate();
  worker = null;
}

function finish(runs) {
  clearTimeout(current.timer);
  const small = runs?.length <= MOST_RUNS ? runs : null;
  keep(current.key, small);
  paint(current.element, small);
  current = null;
  next();
}

function answered({ number: answer, started, runs }) {
  if (answer !== current?.number) return;
  if (!started) return finish(runs);
  clearTimeout(current.timer);
  Object.assign(current, { started, timer: setTimeout(tookTooLong, TIMEOUT) });
}

function tookTooLong() {
  stop();
  finish(null);
}

/** A worker that never began is one that the browser or the policy refuses. */
function failed() {
  stop();
  if (current?.started) return finish(null);
  clearTimeout(current?.timer);
  isRefused = true;
  current = null;
  queue.length = 0;
}

function next() {
  while (!current && !isRefused && queue.length) {
    const element = queue.shift();
    const [language, code] = [languageOf(element), element.textContent];
    const key = `${language}\n${code}`;
    if (results.has(key)) paint(element, results.get(key));
    else if (element.isConnected) ask(element, key, { language, code });
  }
}

function ask(element, key, block) {
  number += 1;
  current = { number, element, key, timer: setTimeout(failed, LOAD_TIMEOUT) };
  try {
    if (!worker) start();
    worker.postMessage({ number, ...block });
  } catch {
    failed();
  }
}

const isSmall = (text) => text.length <= LONGEST && text.split("\n", MOST_LINES + 2).length <= MOST_LINES + 1;

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    queue.push(target);
  }
  next();
}, { rootMargin: "400px", scrollMargin: "400px" });

/** Every block with a language within `body` is coloured once it is near the screen. */
export function colourCode(body) {
  if (isRefused) return;
  for (const element of body.querySelectorAll("pre > code[class*=language-]")) {
    if (isSmall(element.textContent)) observer.observe(element);
  }
}
