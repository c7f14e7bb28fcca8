// The frozen chart of an alert: a line, what lies under it, the threshold, and where it began.
import { Sparkline } from "../metrics/sparkline.js";

/**
 * `began` in seconds; null where there is nothing to draw.
 * @param {AlertPicture} picture
 * @param {number} began
 * @param {string} label
 */
export function drawAlertChart({ t = [], v = [], threshold = null }, began, label) {
  const known = v.filter((value) => value !== null);
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known, threshold ?? Infinity, 0), Math.max(...known, threshold ?? -Infinity)];
  const sparkline = new Sparkline({ from: t[0], to: t[t.length - 1], low, high, label });
  sparkline.addLine(t, v);
  if (threshold !== null) sparkline.addLevel(threshold, "spark__threshold");
  sparkline.addMark(began, "spark__mark");
  return sparkline.svg;
}
