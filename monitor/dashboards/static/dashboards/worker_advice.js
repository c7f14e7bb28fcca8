// One plain sentence about uWSGI: what holds the pages up, and what helps.
import { t } from "../myweb/i18n.js";

const AVERAGED = 10; // values; one busy moment is nothing
const FULL_PERCENT = 95; // percent of the workers
const HIGH_PERCENT = 80;
const IDLE_PERCENT = 50; // percent of the processor

/**
 * `now`: series -> its mean over the last seconds. The key of a sentence, or null if nothing is known.
 * @param {Record<string, number>} options
 */
export function chooseAdvice({ busy, queue, cpu, harakiri }) {
  if (busy === undefined) return null;
  if (harakiri > 0) return "advice_slow";
  const idle = cpu !== undefined && cpu < IDLE_PERCENT;
  if (busy >= FULL_PERCENT && queue > 0)
    return idle ? "advice_waits" : cpu >= HIGH_PERCENT ? "advice_machine" : "advice_workers";
  if (busy >= HIGH_PERCENT) return idle ? "advice_waiting" : "advice_busy";
  return "advice_room";
}

export class Advice {
  /**
   * `place` is missing on other dashboards.
   * @param {HTMLElement | null} place
   */
  constructor(place) { this.place = place; }

  /** @param {Feed} feed */
  update(feed) {
    if (!this.place) return;
    /** @type {Record<string, number>} */
    const now = {};
    for (const [id, index] of feed.names) {
      const values = (feed.v[index] ?? []).slice(-AVERAGED).filter((value) => value !== null);
      if (values.length)
        now[id.slice(id.indexOf(".") + 1)] = values.reduce((sum, value) => sum + value, 0) / values.length;
    }
    const key = feed.downSince === null ? chooseAdvice(now) : null;
    const words = key ? t(key) : "";
    this.place.hidden = !words;
    this.place.toggleAttribute("data-bad", key !== null && key !== "advice_room");
    if (this.place.textContent !== words) this.place.textContent = words;
  }
}
