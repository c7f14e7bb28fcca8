// Runs before all other scripts, and as a classic one, so that it also works where modules fail: it says when a page
// can't start.
(() => {
  const { content: text } = /** @type {any} */ (document.querySelector("meta[name=start-failed]"));
  const { content: reload } = /** @type {any} */ (document.querySelector("meta[name=start-reload]"));
  let started = false;

  /** With LANG=C some browsers name a language that Intl refuses, and uPlot hands it over as it is. */
  function mendLanguage() {
    try {
      new Intl.NumberFormat(navigator.language);
    } catch {
      Object.defineProperty(navigator, "language", {
        value: document.documentElement.lang || "en",
        configurable: true,
      });
    }
  }

  function tell() {
    if (document.querySelector(".start-failed")) return;
    const link = Object.assign(document.createElement("a"), { href: location.href, textContent: reload });
    link.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
    const note = Object.assign(document.createElement("p"), { className: "start-failed" });
    note.setAttribute("role", "alert");
    note.append(text, " ", link);
    document.body.append(note);
    const state = document.querySelector("#connection[data-state=connecting]");
    if (!state) return;
    state.dataset.state = "stopped";
    const words = state.querySelector(".state__text");
    if (words) words.textContent = "";
  }

  /**
   * Of scripts that do not load, at any time; of errors, those before the page is complete. Extensions have errors of
   * their own.
   */
  addEventListener("error", ({ target, filename = "" }) => {
    if (target instanceof HTMLScriptElement || (!started && filename.startsWith(location.origin))) tell();
  }, true);
  addEventListener("load", () => { started = true; });
  mendLanguage();
  if (!("noModule" in HTMLScriptElement.prototype)) tell();
})();
