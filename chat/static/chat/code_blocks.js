// Colours code blocks that come near the screen. A grammar is a set of patterns, and a pattern may match without end:
// they run in a worker, which is ended after half a second. What could not be coloured stays plain.
const TIMEOUT = 500; // ms for one block
const LOAD_TIMEOUT = 10_000;
const LONGEST = 50_000; // characters
const MOST_LINES = 2_000;
const MOST_RUNS = 5_000; // elements in one block
const KEPT = 200; // blocks

/** @type {Map<string | undefined, CodeRun[] | null>} */
const cachedRuns = new Map(); // by language and code; null stays plain
/** @type {HTMLElement[]} */
const queue = [];
/** @type {Worker | null} */
let worker = null;
let isRefused = typeof Worker === "undefined" || !document.body.dataset.codeWorker;
/** @type {{ number: number, element: HTMLElement, key: string, timer: number, started?: boolean } | null} */
let current = null;
let number = 0;

/** @param {HTMLElement} element */
const languageOf = (element) => /(?:^|\s)language-(\S+)/.exec(element.className)?.[1].toLowerCase();

/**
 * @param {string} key
 * @param {CodeRun[] | null} runs
 */
function cacheRuns(key, runs) {
  cachedRuns.delete(key);
  cachedRuns.set(key, runs);
  if (cachedRuns.size > KEPT) cachedRuns.delete(cachedRuns.keys().next().value);
}

/**
 * Built by hand from text and class names; whatever does not say the same text is dropped.
 * @param {HTMLElement} element
 * @param {CodeRun[] | null} runs
 */
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
  const started = new Worker(document.body.dataset.codeWorker ?? "", { type: "module" });
  started.addEventListener("message", ({ data }) => onAnswer(data));
  started.addEventListener("error", (event) => { event.preventDefault(); onWorkerError(); });
  return started;
}

function stopWorker() {
  worker?.terminate();
  worker = null;
}

/** @param {CodeRun[] | null} runs */
function finishBlock(runs) {
  if (!current) return;
  clearTimeout(current.timer);
  const small = runs && runs.length <= MOST_RUNS ? runs : null;
  cacheRuns(current.key, small);
  paintRuns(current.element, small);
  current = null;
  colourNextBlock();
}

/** @param {{ number: number, started?: boolean, runs: CodeRun[] | null }} answer */
function onAnswer({ number: answer, started, runs }) {
  if (!current || answer !== current.number) return;
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
  while (!current && !isRefused) {
    const element = queue.shift();
    if (!element) return;
    const [language, code] = [languageOf(element), element.textContent];
    const key = `${language}\n${code}`;
    if (cachedRuns.has(key)) paintRuns(element, cachedRuns.get(key) ?? null);
    else if (element.isConnected) requestRuns(element, key, { language, code });
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} key
 * @param {{ language: string | undefined, code: string }} block
 */
function requestRuns(element, key, block) {
  number += 1;
  current = { number, element, key, timer: setTimeout(onWorkerError, LOAD_TIMEOUT) };
  try {
    worker ??= startWorker();
    worker.postMessage({ number, ...block });
  } catch {
    onWorkerError();
  }
}

/** @param {string} text */
const isSmall = (text) => text.length <= LONGEST && text.split("\n", MOST_LINES + 2).length <= MOST_LINES + 1;

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    queue.push(/** @type {HTMLElement} */ (target));
  }
  colourNextBlock();
}, { rootMargin: "400px", scrollMargin: "400px" });

/**
 * Every block with a language within `body` is coloured once it is near the screen.
 * @param {HTMLElement} body
 */
export function colourCode(body) {
  if (isRefused) return;
  for (const element of body.querySelectorAll("pre > code[class*=language-]")) {
    if (isSmall(element.textContent)) observer.observe(element);
  }
}
