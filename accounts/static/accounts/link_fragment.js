// What stands behind the # of a link never reaches a server by itself, and so no log either. This posts it.

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("link-fragment-form"));

function submitCode() {
  const code = location.hash.slice(1);
  if (!code || !form) return;
  history.replaceState(null, "", location.pathname); // the way back must not find it again
  form.elements.code.value = code;
  form.requestSubmit();
}

addEventListener("hashchange", submitCode);
submitCode();
