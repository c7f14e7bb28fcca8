// What a chart shows, for who does not see it: the newest, the lowest and the highest value of each series.
import { t } from "../myweb/i18n.js";
import { formatValue } from "../myweb/formats.js";
import { words } from "./formats.js";

function row(tag, cells) {
  const line = document.createElement("tr");
  line.append(
    ...cells.map((text, index) => Object.assign(document.createElement(index ? tag : "th"), { textContent: text })),
  );
  return line;
}

const known = (values) => values.filter((value) => value !== null);
const extreme = (values, wins) =>
  known(values).reduce((best, value) => (best === null || wins(value, best) ? value : best), null);

export function tabulate(table, series, view) {
  table.querySelector("caption small").textContent = words(...view.range);
  table.querySelector("thead").replaceChildren(row("th", [t("series"), t("last"), t("least"), t("most")]));
  table.querySelector("tbody").replaceChildren(
    ...series.map(({ id, name, unit }) => {
      const { mean = [], low = [], high = [] } = view.of(id) ?? {};
      const values = [
        known(mean).at(-1),
        extreme(low, (one, other) => one < other),
        extreme(high, (one, other) => one > other),
      ];
      return row("td", [name, ...values.map((value) => formatValue(value, unit))]);
    }),
  );
}
