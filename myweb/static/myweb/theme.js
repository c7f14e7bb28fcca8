// The theme of this browser. The server writes it into each page; here it changes without a new page.
const { documentElement: root } = document;
const YEAR = 31_536_000; // seconds
const SCHEMES = { system: "light dark", light: "light", dark: "dark" };
const channel = "BroadcastChannel" in window ? new BroadcastChannel("theme") : null;

/** @returns {keyof typeof SCHEMES} */
export function getTheme() {
  const { theme } = root.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** @param {keyof typeof SCHEMES} theme */
function applyTheme(theme) {
  root.dataset.theme = theme;
  const scheme = document.querySelector("meta[name=color-scheme]");
  if (scheme instanceof HTMLMetaElement) scheme.content = SCHEMES[theme];
  for (const button of document.querySelectorAll("[data-themes] button"))
    button.setAttribute("aria-pressed", String(button.getAttribute("value") === theme));
  dispatchEvent(new Event("theme-changed"));
}

/** @param {keyof typeof SCHEMES} theme */
export function setTheme(theme) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  try {
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  } catch { /* a sandboxed page may have none */ }
  applyTheme(theme);
  channel?.postMessage(theme);
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement && "themes" in form.dataset && submitter instanceof HTMLButtonElement)) return;
  if (!Object.hasOwn(SCHEMES, submitter.value)) return;
  event.preventDefault();
  setTheme(/** @type {keyof typeof SCHEMES} */ (submitter.value));
});
channel?.addEventListener("message", ({ data }) => Object.hasOwn(SCHEMES, data) && applyTheme(data));
applyTheme(getTheme());
