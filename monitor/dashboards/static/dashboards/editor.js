// The page on which a dashboard is made or changed. Nothing leaves it before Save, and nothing typed is lost by an
// accident.
import { findElement, getElement } from "../myweb/elements.js";
import { postJson } from "../myweb/api.js";
import { cloneTemplate } from "../chat/page.js";
import "../chat/shell.js";
import { t } from "../myweb/i18n.js";
import { formatMoment } from "../myweb/time.js";
import { createIcon } from "../myweb/icons.js";
import { onKeydown } from "../myweb/keyboard.js";
import { moveInToolbar } from "../myweb/toolbar.js";
import { makeSortable } from "./arrange.js";
import { SeriesChooser } from "./chooser.js";
import { Draft } from "./draft.js";
import { Preview } from "./preview.js";

const state = JSON.parse(getElement("page-editor", HTMLElement).textContent);
const main = findElement(document, ".edit", HTMLElement);
const grid = getElement("panels", HTMLElement);
const form = getElement("panel-form", HTMLFormElement);
const problem = getElement("edit-problem", HTMLElement);
const announcer = getElement("announcer", HTMLElement);
const addresses = main.dataset;
const draft = new Draft(state.spec);
/** @returns {HTMLInputElement[]} */
const findSwatches = () => [.../** @type {NodeListOf<any>} */ (form.querySelectorAll("[name=colour]"))];
let base = state.base;
/** @type {PanelSpec | null} */
let selected = null;
let leaving = false;
let saveProblem = ""; // stays until what it names is changed; the preview has its own
let previewProblem = "";
/** @type {PanelSpec | null} */
let knownEmpty = null; // the panel without series that the last Save warned about

// One panel: its tools on the figure, its fields beside the board

/** @type {Record<string, (panel: PanelSpec) => void>} */
const panelActions = {
  edit: (panel) => selectPanel(panel, true),
  earlier: (panel) => movePanel(panel, draft.panels.indexOf(panel) - 1),
  later: (panel) => movePanel(panel, draft.panels.indexOf(panel) + 1),
  duplicate: (panel) => selectPanel(draft.duplicate(panel)),
  remove: (panel) => selectPanel(draft.remove(panel)),
};

/**
 * @param {HTMLElement} figure
 * @param {PanelSpec} panel
 */
function addTools(figure, panel) {
  const tools = cloneTemplate("tools-template");
  onKeydown(tools, (event) => { if (moveInToolbar(tools, event)) event.preventDefault(); });
  figure.append(tools);
  figure.addEventListener("click", (event) => {
    const action = event.target?.closest("[data-action]")?.dataset.action;
    if (action) panelActions[action](panel);
    else if (!event.target?.closest(".tools__grip")) selectPanel(panel);
  });
  return figure;
}

/**
 * @param {PanelSpec | null} panel
 * @param {number} place
 */
function movePanel(panel, place) {
  if (!panel) return;
  draft.move(panel, place);
  announcer.textContent = t("panel_place", {
    title: panel.title,
    place: draft.panels.indexOf(panel) + 1,
    all: draft.panels.length,
  });
}

/** @param {PanelSpec | null} panel */
function selectPanel(panel, go = false) {
  selected = panel;
  for (const [other, figure] of preview.figures) figure.toggleAttribute("data-selected", other === panel);
  form.hidden = !panel;
  main.toggleAttribute("data-selecting", Boolean(panel));
  if (!panel) return;
  const { title, note = "", top = null, colour = "blue", wide = false, series } = panel;
  form.elements.title.value = title;
  form.elements.note.value = note;
  form.elements.top.value = top ?? "";
  form.elements.wide.checked = wide;
  for (const swatch of findSwatches()) swatch.checked = swatch.value === colour;
  chooser.show(series);
  requestAnimationFrame(() => preview.figures.get(panel)?.scrollIntoView({ block: "nearest" }));
  if (go) form.elements.title.focus();
}

form.addEventListener("submit", (/** @type {any} */ event) => event.preventDefault());
form.addEventListener("input", (/** @type {any} */ { target }) => {
  if (!selected || !target.name || target.closest(".chooser")) return;
  const top = Number.parseFloat(form.elements.top.value);
  draft.change(selected, {
    title: form.elements.title.value,
    note: form.elements.note.value,
    top: Number.isFinite(top) ? top : null,
    wide: form.elements.wide.checked,
    colour: findSwatches().find(({ checked }) => checked)?.value ?? "blue",
  });
});

const chooser = new SeriesChooser(
  findElement(document, ".chooser", HTMLElement),
  (series) => selected && draft.change(selected, { series }),
);
const preview = new Preview(grid, draft, {
  dress: addTools,
  post: (text) => postJson(addresses.preview, text),
  report: (text) => {
    previewProblem = text;
    showProblem();
  },
});
makeSortable(grid, {
  move: (figure, place) => movePanel(preview.panelOf(figure), place),
  place: (figure) => draft.panels.findIndex((panel) => panel === preview.panelOf(figure)),
});

function addPanel() {
  selectPanel(draft.add({ title: t("new_panel"), series: [] }), true);
  form.elements.title.select();
}

for (const button of document.querySelectorAll("[data-adds]")) button.addEventListener("click", addPanel);
getElement("done", HTMLElement).addEventListener("click", () => selectPanel(null));

// The whole

function showProblem() { problem.textContent = saveProblem || previewProblem; }

/** @param {string} text */
function setSaveProblem(text) {
  saveProblem = text;
  room.setAttribute("aria-invalid", String(text !== "" && room.value === "undecided"));
  showProblem();
}

const title = getElement("board-title", HTMLInputElement);
const room = getElement("board-room", HTMLSelectElement);
const save = getElement("save", HTMLButtonElement);
title.addEventListener("input", () => draft.rename(title.value));
const isDirty = () => draft.isDirty || room.value !== room.dataset.kept;
const updateButtons = () => {
  save.disabled = Boolean(state.key) && !isDirty();
  getElement("no-panels", HTMLElement).hidden = draft.panels.length > 0;
};
draft.addEventListener("change", updateButtons);
draft.addEventListener("change", () => { if (room.value !== "undecided") setSaveProblem(""); });
room.addEventListener("change", () => { setSaveProblem(""); updateButtons(); });

/** Whether something is missing. A panel without series is saved if Save is pressed again. */
function warnBeforeSave() {
  if (room.value === "undecided") {
    setSaveProblem(t("choose_room"));
    room.focus();
    return true;
  }
  const empty = draft.panels.find((panel) => !panel.series.length) ?? null;
  if (!empty || empty === knownEmpty) return false;
  knownEmpty = empty;
  selectPanel(empty);
  setSaveProblem(t("panel_without_series", { title: empty.title }));
  chooser.input.focus();
  return true;
}

async function saveDashboard(on = base) {
  if (warnBeforeSave()) return;
  save.disabled = true;
  try {
    const number = room.value ? Number(room.value) : null;
    const { url } = await postJson(addresses.save, JSON.stringify({ spec: draft.spec, base: on, room: number }));
    leaving = true;
    location.assign(url);
  } catch (caught) {
    const error = /** @type {ApiError} */ (caught);
    updateButtons();
    if (error.status === 409) showConflict(error.body.latest);
    else setSaveProblem(error.text || t("not_now"));
  }
}

save.addEventListener("click", () => saveDashboard());

/** @param {{ number: number, by: string, at: string }} options */
function showConflict({ number, by, at }) {
  const dialog = getElement("conflict", HTMLDialogElement);
  getElement("conflict-who", HTMLElement).textContent = t("saved_meanwhile", {
    name: by || "–",
    number,
    time: formatMoment(at),
  });
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "mine") return;
    base = number;
    saveDashboard();
  };
  dialog.showModal();
}

addEventListener("beforeunload", (event) => !leaving && isDirty() && event.preventDefault());

// As code

const code = getElement("code", HTMLDialogElement);
findElement(document, "[data-opens=code]", HTMLElement).addEventListener("click", () => {
  findElement(code, "textarea", HTMLTextAreaElement).value = draft.text;
  findElement(code, ".code__error", HTMLElement).textContent = "";
  code.showModal();
});
getElement("code-take", HTMLElement).addEventListener("click", async () => {
  try {
    const spec = JSON.parse(findElement(code, "textarea", HTMLTextAreaElement).value);
    await postJson(addresses.preview, JSON.stringify(spec));
    draft.replace(spec);
    title.value = draft.title;
    selectPanel(null);
    code.close();
  } catch (caught) {
    const error = /** @type {ApiError} */ (caught); // or a SyntaxError
    findElement(code, ".code__error", HTMLElement).textContent = error.text || error.message || t("not_now");
  }
});

for (const button of document.querySelectorAll("[data-icon]")) button.prepend(createIcon(button.dataset.icon));
updateButtons();
chooser.load(addresses.series);
