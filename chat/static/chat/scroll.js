// Keeps the reader's place: at the end while they are there, on the same message while the page changes around them.
const END_DISTANCE = 48;
const NEAR_DISTANCE = 800;

export class Scroll {
  sizeAtEnd = "";

  /**
   * @param {any} box
   * @param {() => void} onscroll
   */
  constructor(box, onscroll) {
    this.box = box;
    this.pinned = true;
    box.addEventListener("scroll", () => this.onScroll(onscroll), { passive: true });
    new ResizeObserver(() => this.pinned && this.scrollToEnd()).observe(box);
    new ResizeObserver(() => this.pinned && this.scrollToEnd()).observe(box.firstElementChild);
  }

  get distanceToEnd() { return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight; }
  get nearStart() { return this.box.scrollTop < NEAR_DISTANCE; }
  get nearEnd() { return this.distanceToEnd < NEAR_DISTANCE; }

  /** Shown, but too little to be scrolled. */
  get fits() { return this.box.clientHeight > 0 && this.box.scrollHeight <= this.box.clientHeight; }

  get size() { return `${this.box.clientHeight}/${this.box.scrollHeight}`; }

  /** @param {() => void} onscroll */
  onScroll(onscroll) {
    this.updatePinned();
    onscroll();
  }

  /** Who was at the end stays there when the page changes its size; otherwise it was the reader who moved. */
  updatePinned() {
    if (!this.box.isConnected) return; // another page is shown; the reader returns to where they were
    if (this.pinned && this.size !== this.sizeAtEnd) this.scrollToEnd();
    else this.pinned = this.distanceToEnd < END_DISTANCE;
  }

  scrollToEnd() {
    this.pinned = true;
    this.box.scrollTop = this.box.scrollHeight;
    this.sizeAtEnd = this.size;
  }

  /**
   * Change the page, then put the first visible row back where it was. The reader may have moved since the last event
   * told.
   * @param {() => void} change
   */
  keepPosition(change) {
    this.updatePinned();
    const top = this.box.getBoundingClientRect().top;
    const anchor = this.pinned
      ? null
      : [...this.box.querySelectorAll(".row")].find((row) => row.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (this.pinned) this.scrollToEnd();
    else if (anchor?.isConnected) this.box.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /**
   * Let the line stand in the upper third if there is more below it than fits.
   * @param {Element} line
   */
  showLine(line) {
    const wanted =
      this.box.scrollTop +
      line.getBoundingClientRect().top -
      this.box.getBoundingClientRect().top -
      this.box.clientHeight / 4;
    if (wanted < this.box.scrollTop) this.box.scrollTop = wanted;
    this.pinned = this.distanceToEnd < END_DISTANCE;
  }

  /** @param {any} row */
  showRow(row) {
    this.pinned = false;
    const message = row?.querySelector(".message");
    if (!message) return;
    row.scrollIntoView({ block: "center" });
    message.classList.remove("message--target");
    requestAnimationFrame(() => message.classList.add("message--target"));
    message.focus({ preventScroll: true });
  }
}
