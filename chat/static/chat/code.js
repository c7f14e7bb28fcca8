// Colours code blocks that come near the screen. Grammars are patterns, and a pattern may match without end: they run
// in
// a worker, which is ended after half a second. What could not be coloured stays plain.
const TIMEOUT = 500; // ms for one block
const LOAD_TIMEOUT = 10_000;
const LONGEST = 50_000; // characters
const MOST_LINES = 2_000;
const MOST_RUNS = 5_000; // elements in one block
const KEPT = 200; // blocks

const cachedRuns = new Map(); // language and code: runs, or null for what stays plain
const queue = [];
let worker = null;
let isRefused = typeof Worker === "undefined" || !document.body.dataset.codeWorker;
let current = null; // {number, element, key, timer, started}
let number = 0;

const languageOf = (element) => /(?:^|\s)language-(\S+)/.exec(element.className)?.[1].toLowerCase();

function cacheRuns(key, runs) {
  cachedRuns.delete(key);
  cachedRuns.set(key, runs);
  if (cachedRuns.size > KEPT) cachedRuns.delete(cachedRuns.keys().next().value);
}

/** Built by hand from text and class names; whatever does not say the same text is dropped. */
function paintRuns(element, runs) {
  const fits = Array.isArray(runs) && runs.map(([, text]) => text).join("") === element.textContent;
  element.dataset.coloured = fits;
  if (!fits) return;
  element.replaceChildren(...runs.map(([name, text]) => {
    if (!/^hljs-[a-z_-]+$/.test(name)) return text;
    return Object.assign(document.createElement("span"), { className: name, textContent: text });
  }));
}

function startWorker() {
  worker = new Worker(document.body.dataset.codeWorker, { type: "module" });
  worker.addEventListener("message", ({ data }) => onAnswer(data));
  worker.addEventListener("error", (event) => { event.preventDefault(); onWorkerError(); });
}

function stopWorker() {
  worker?.terminate();
  worker = null;
}

function finishBlock(runs) {
  clearTimeout(current.timer);
  const small = runs?.length <= MOST_RUNS ? runs : null;
  cacheRuns(current.key, small);
  paintRuns(current.element, small);
  current = null;
  colourNextBlock();
}

function onAnswer({ number: answer, started, runs }) {
  if (answer !== current?.number) return;
  if (!started) return finishBlock(runs);
  clearTimeout(current.timer);
  Object.assign(current, { started, timer: setTimeout(onTimeout, TIMEOUT) });
}

function onTimeout() {
  stopWorker();
  finishBlock(null);
}

/** A worker that never began is one that the browser or the policy refuses. */
function onWorkerError() {
  stopWorker();
  if (current?.started) return finishBlock(null);
  clearTimeout(current?.timer);
  isRefused = true;
  current = null;
  queue.length = 0;
}

function colourNextBlock() {
  while (!current && !isRefused && queue.length) {
    const element = queue.shift();
    const [language, code] = [languageOf(element), element.textContent];
    const key = `${language}\n${code}`;
    if (cachedRuns.has(key)) paintRuns(element, cachedRuns.get(key));
    else if (element.isConnected) requestRuns(element, key, { language, code });
  }
}

function requestRuns(element, key, block) {
  number += 1;
  current = { number, element, key, timer: setTimeout(onWorkerError, LOAD_TIMEOUT) };
  try {
    if (!worker) startWorker();
    worker.postMessage({ number, ...block });
  } catch {
    onWorkerError();
  }
}

const isSmall = (text) => text.length <= LONGEST && text.split("\n", MOST_LINES + 2).length <= MOST_LINES + 1;

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    queue.push(target);
  }
  colourNextBlock();
}, { rootMargin: "400px", scrollMargin: "400px" });

/** Every block with a language within `body` is coloured once it is near the screen. */
export function colourCode(body) {
  if (isRefused) return;
  for (const element of body.querySelectorAll("pre > code[class*=language-]")) {
    if (isSmall(element.textContent)) observer.observe(element);
  }
}
