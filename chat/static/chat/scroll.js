// Keeps the reader's place: at the end while they are there, on the same message while the page changes around them.
const AT_END = 48;
const NEAR = 800;

export class Scroll {
  sizeAtEnd = "";

  constructor(box, onscroll) {
    this.box = box;
    this.pinned = true;
    box.addEventListener("scroll", () => this.moved(onscroll), { passive: true });
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(box);
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(box.firstElementChild);
  }

  get rest() { return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight; }
  get nearStart() { return this.box.scrollTop < NEAR; }
  get nearEnd() { return this.rest < NEAR; }

  /** Shown, but too little to be scrolled. */
  get fits() { return this.box.clientHeight > 0 && this.box.scrollHeight <= this.box.clientHeight; }

  get size() { return `${this.box.clientHeight}/${this.box.scrollHeight}`; }

  moved(onscroll) {
    this.look();
    onscroll();
  }

  /** Who was at the end stays there when the page changes its size; otherwise it was the reader who moved. */
  look() {
    if (this.pinned && this.size !== this.sizeAtEnd) this.toEnd();
    else this.pinned = this.rest < AT_END;
  }

  toEnd() {
    this.pinned = true;
    this.box.scrollTop = this.box.scrollHeight;
    this.sizeAtEnd = this.size;
  }

  /**
   * Change the page, then put the first visible row back where it was. The reader may have moved since the last event
   * told.
   */
  keep(change) {
    this.look();
    const top = this.box.getBoundingClientRect().top;
    const anchor = this.pinned
      ? null
      : [...this.box.querySelectorAll(".row")].find((row) => row.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (this.pinned) this.toEnd();
    else if (anchor?.isConnected) this.box.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /** Let the line stand in the upper third if there is more below it than fits. */
  showLine(line) {
    const wanted =
      this.box.scrollTop +
      line.getBoundingClientRect().top -
      this.box.getBoundingClientRect().top -
      this.box.clientHeight / 4;
    if (wanted < this.box.scrollTop) this.box.scrollTop = wanted;
    this.pinned = this.rest < AT_END;
  }

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
