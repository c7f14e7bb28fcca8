// The frozen chart of an alert: a line, what lies under it, the threshold, and where it began.
const [WIDTH, HEIGHT, ROOM] = [300, 72, 8]; // the picture's own units; ROOM is left above and below
const SVG = "http://www.w3.org/2000/svg";

function draw(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Runs of points without a hole: no line goes through what was not measured. */
function runs(points) {
  const found = [[]];
  for (const point of points) {
    if (point[1] === null) found.push([]);
    else found.at(-1).push(point);
  }
  return found.filter((run) => run.length);
}

const text = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

function line(run) {
  const points = run.length > 1 ? run : [run[0], [run[0][0] + 1, run[0][1]]];
  const under = [[points[0][0], HEIGHT], ...points, [points.at(-1)[0], HEIGHT]];
  return [draw("polygon", { class: "alert__area", points: text(under) }), draw("polyline", { class: "alert__line", points: text(points) })];
}

const level = (y, name) => draw("line", { class: name, x1: 0, x2: WIDTH, y1: y.toFixed(1), y2: y.toFixed(1) });

/** `began` in seconds; null where there is nothing to draw. */
export function chart({ t = [], v = [], threshold = null }, began, label) {
  const known = v.filter((value) => value !== null);
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known, threshold ?? Infinity, 0), Math.max(...known, threshold ?? -Infinity)];
  const across = (at) => ((at - t[0]) / (t.at(-1) - t[0] || 1)) * WIDTH;
  const up = (value) => HEIGHT - ROOM - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * ROOM);
  const svg = draw("svg", { class: "alert__chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  for (const run of runs(t.map((at, index) => [across(at), v[index] === null ? null : up(v[index])]))) svg.append(...line(run));
  if (threshold !== null) svg.append(level(up(threshold), "alert__threshold"));
  if (began > t[0] && began < t.at(-1)) {
    const x = across(began).toFixed(1);
    svg.append(draw("line", { class: "alert__began", x1: x, x2: x, y1: 0, y2: HEIGHT }));
  }
  return svg;
}
