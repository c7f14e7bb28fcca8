// The values of a chart as a table, for screen readers: the newest, the lowest and the highest value of each series.
import { findElement } from "../myweb/elements.js";
import { t } from "../myweb/i18n.js";
import { formatValue } from "../myweb/formats.js";
import { formatRange } from "../metrics/chart_labels.js";

export const TABLE_EVERY = 5_000; // ms between two changes: a screen reader may be reading it

/**
 * @param {string} tag
 * @param {string[]} cells
 */
function createRow(tag, cells) {
  const line = document.createElement("tr");
  line.append(
    ...cells.map((text, index) => Object.assign(document.createElement(index ? tag : "th"), { textContent: text })),
  );
  return line;
}

/** @param {Value[]} values */
const dropMissing = (values) => values.filter((value) => value !== null);
/**
 * @param {Value[]} values
 * @param {(one: number, other: number) => boolean} wins
 */
const findExtreme = (values, wins) => {
  const known = dropMissing(values);
  return known.length ? known.reduce((best, value) => (wins(value, best) ? value : best)) : null;
};

/**
 * @param {HTMLTableElement} table
 * @param {Series[]} series
 * @param {SeriesView} view
 */
export function fillTable(table, series, view) {
  findElement(table, "caption small", HTMLElement).textContent = formatRange(...view.range);
  const head = createRow("th", [t("series"), t("last"), t("least"), t("most")]);
  findElement(table, "thead", HTMLElement).replaceChildren(head);
  findElement(table, "tbody", HTMLElement).replaceChildren(
    ...series.map(({ id, name, unit }) => {
      const { mean = [], low = [], high = [] } = view.valuesOf(id) ?? {};
      const values = [
        dropMissing(mean).at(-1),
        findExtreme(low, (one, other) => one < other),
        findExtreme(high, (one, other) => one > other),
      ];
      return createRow("td", [name, ...values.map((value) => formatValue(value, unit))]);
    }),
  );
}
