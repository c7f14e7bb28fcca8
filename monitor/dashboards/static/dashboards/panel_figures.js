// Creates the figures of panels that the server did not render: custom dashboards may change at any time.
import { findElement } from "../myweb/elements.js";
import { cloneTemplate } from "../chat/page.js";
import { t } from "../myweb/i18n.js";
import { seriesId } from "./feed.js";

/** @param {PanelLayout} panel */
export function createFigure({ title, note = "", colour = "blue", wide = false, empty = false }) {
  const figure = cloneTemplate("panel-template");
  nameFigure(figure, { title, note, colour, wide });
  figure.toggleAttribute("data-empty", empty);
  if (empty) findElement(figure, ".panel__chart", HTMLElement).dataset.words = t("no_series");
  return figure;
}

/**
 * @param {HTMLElement} figure
 * @param {PanelLayout} panel
 */
export function nameFigure(figure, { title, note = "", colour = "blue", wide = false }) {
  figure.dataset.colour = colour;
  figure.toggleAttribute("data-wide", wide);
  findElement(figure, ".panel__title", HTMLElement).textContent = title;
  findElement(figure, ".panel__note", HTMLElement).textContent = note;
  figure.dataset.note = note; // what stands there while no moment is pointed at
  findElement(figure, "caption", HTMLElement).replaceChildren(`${title} ${note} `, document.createElement("small"));
}

/**
 * Puts the panels of `shown` in the place of those that are there, and their scales into `board`.
 * @param {HTMLElement} place
 * @param {{ key: string, panels: { top?: Value }[] }} board
 * @param {BoardLayout} board
 */
export function replaceFigures(place, board, { title, panels }) {
  for (const old of place.querySelectorAll("figure.panel")) old.remove();
  const figures = panels.map(createFigure);
  place.prepend(...figures);
  board.panels = panels.map(({ top = null }) => ({ top }));
  for (const heading of document.querySelectorAll(`[data-title-of="${board.key}"]`)) heading.textContent = title;
  return figures;
}

/**
 * The series of a panel; names include the source if there are several.
 * @param {Column[]} columns
 * @param {number[]} indices
 */
export function listSeries(columns, indices) {
  const several = new Set(indices.map((index) => columns[index].source)).size > 1;
  return indices.map((index) => {
    const { name, unit, source } = columns[index];
    return { id: seriesId(columns[index]), name: several ? `${name} ${source}` : name, unit };
  });
}
