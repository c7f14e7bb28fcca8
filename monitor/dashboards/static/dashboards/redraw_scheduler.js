// When to draw: at once when values came, and between them as often as the axis has moved by half a pixel, no oftener.

const still = matchMedia("(prefers-reduced-motion: reduce)");
const MIN_INTERVAL = 40; // milliseconds between two frames that only move

export class RedrawScheduler {
  timer = 0;
  onVisibilityChange = () => this.onValues();

  /**
   * `draw(fresh)` draws everything; `pace()` says how many seconds half a pixel is, or null if nothing moves.
   * @param {(fresh: boolean) => void} draw
   * @param {() => number | null} pace
   */
  constructor(draw, pace) {
    this.draw = draw;
    this.pace = pace;
    this.fresh = false;
    /** @type {number | null} */
    this.frame = null;
    document.addEventListener("visibilitychange", this.onVisibilityChange);
  }

  onValues() {
    this.fresh = true;
    this.request();
  }

  /** Requests until the next frame share that frame. */
  request() {
    if (document.visibilityState === "visible") this.frame ??= requestAnimationFrame(() => this.redraw());
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onVisibilityChange);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }

  redraw() {
    const { fresh } = this;
    this.frame = null;
    this.fresh = false;
    clearTimeout(this.timer);
    this.draw(fresh);
    const pace = this.pace();
    if (pace !== null)
      this.timer = setTimeout(() => this.request(), still.matches ? 1_000 : Math.max(MIN_INTERVAL, pace * 1000));
  }
}
