// Offers to install the site as an app, where the browser can do that.

/** @type {any} */
let offer = null; // the browser's, since it came
const isApp = matchMedia("(display-mode: standalone)").matches;
/** Safari on iPhones and iPads has no such offer, only its own menu. It alone has this property. */
const isSafariTab = /** @type {any} */ (navigator).standalone === false;

function paintOffer() {
  for (const button of document.querySelectorAll("[data-installs]")) button.hidden = !offer || isApp;
  for (const words of document.querySelectorAll("[data-install-words]")) words.hidden = !isSafariTab;
}

async function install() {
  const shown = offer;
  offer = null; // it can be used once
  await shown?.prompt();
  paintOffer();
}

export function startInstall() {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); // no banner of the browser's own
    offer = event;
    paintOffer();
  });
  addEventListener("appinstalled", () => { offer = null; paintOffer(); });
  for (const button of document.querySelectorAll("[data-installs]")) button.addEventListener("click", install);
  paintOffer();
}
