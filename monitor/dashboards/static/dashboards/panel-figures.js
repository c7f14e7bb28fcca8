// The figures of panels that the page did not bring: those of dashboards that people made may be others at any moment.
import { cloneTemplate } from "../chat/page.js";
import { seriesId } from "./feed.js";

export function createFigure({ title, note = "", colour = "blue", wide = false }) {
  const made = cloneTemplate("panel-template");
  nameFigure(made, { title, note, colour, wide });
  return made;
}

export function nameFigure(made, { title, note = "", colour = "blue", wide = false }) {
  made.dataset.colour = colour;
  made.toggleAttribute("data-wide", wide);
  made.querySelector(".panel__title").textContent = title;
  made.querySelector(".panel__note").textContent = note;
  made.dataset.note = note; // what stands there while no moment is pointed at
  made.querySelector("caption").replaceChildren(`${title} ${note} `, document.createElement("small"));
}

/** Puts the panels of `shown` in the place of those that are there, and their scales into `board`. */
export function replaceFigures(place, board, { title, panels }) {
  for (const old of place.querySelectorAll("figure.panel")) old.remove();
  const figures = panels.map(createFigure);
  place.prepend(...figures);
  board.panels = panels.map(({ top = null }) => ({ top }));
  for (const heading of document.querySelectorAll(`[data-title-of="${board.key}"]`)) heading.textContent = title;
  return figures;
}

/** The series of a panel; those of several sources are told apart by their source. */
export function listSeries(columns, indices) {
  const several = new Set(indices.map((index) => columns[index].source)).size > 1;
  return indices.map((index) => {
    const { name, unit, source } = columns[index];
    return { id: seriesId(columns[index]), name: several ? `${name} ${source}` : name, unit };
  });
}
