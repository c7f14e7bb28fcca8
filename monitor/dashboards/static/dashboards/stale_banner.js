// Says when what is on the screen is old: the source is down, or no values come at all.
import { t } from "../myweb/i18n.js";
import { clockWithSeconds } from "../metrics/chart_labels.js";

const STALE_AFTER = 12; // seconds; an idle collector measures every ten

export class StaleBanner {
  /** @param {{ textContent: string | null }} place */
  constructor(place) {
    this.place = place;
    this.stale = false;
    /** @type {number | null} */
    this.receivedAt = null; // when the newest tick came, by our own clock: the server's may differ
    /** @type {number | null} */
    this.newest = null;
  }

  /**
   * Whether that has changed.
   * @param {Feed} feed
   */
  update(feed) {
    const now = performance.now() / 1000;
    if (feed.last !== this.newest) [this.newest, this.receivedAt] = [feed.last, now];
    const old = this.receivedAt !== null && this.newest !== null && now - this.receivedAt > STALE_AFTER;
    this.stale = old || feed.downSince !== null;
    const text =
      feed.downSince !== null
        ? t("down_since", { time: clockWithSeconds(feed.downSince) })
        : t("stale_since", { time: clockWithSeconds(this.newest ?? 0) });
    const warning = this.stale ? text : "";
    if (this.place.textContent === warning) return false;
    this.place.textContent = warning;
    return true;
  }
}
