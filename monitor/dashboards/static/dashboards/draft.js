// A dashboard while it is edited. Fires `change` whenever it is another than before. Knows no page.

/** @param {PanelSpec} panel */
const copyPanel = (panel) => structuredClone(panel);

export class Draft extends EventTarget {
  /** @param {BoardSpec} spec */
  constructor(spec) {
    super();
    this.title = spec.title;
    this.panels = spec.panels.map(copyPanel);
    this.savedText = this.text; // what is saved
  }

  get spec() { return { title: this.title, panels: this.panels, format: 1 }; }
  get text() { return JSON.stringify(this.spec, null, 2); }
  get isDirty() { return this.text !== this.savedText; }

  emitChange() { this.dispatchEvent(new Event("change")); }

  /** @param {string} title */
  rename(title) {
    this.title = title;
    this.emitChange();
  }

  /**
   * @param {PanelSpec} panel
   * @param {Partial<PanelSpec>} fields
   */
  change(panel, fields) {
    Object.assign(panel, fields);
    this.emitChange();
  }

  /**
   * @param {PanelSpec} panel
   * @param {PanelSpec | null} after
   */
  add(panel, after = null) {
    this.panels.splice(after ? this.panels.indexOf(after) + 1 : this.panels.length, 0, panel);
    this.emitChange();
    return panel;
  }

  /** @param {PanelSpec} panel */
  duplicate(panel) { return this.add(copyPanel(panel), panel); }

  /**
   * Returns the one that stands there now, or the last.
   * @param {PanelSpec} panel
   */
  remove(panel) {
    const place = this.panels.indexOf(panel);
    this.panels.splice(place, 1);
    this.emitChange();
    return this.panels[place] ?? this.panels.at(-1) ?? null;
  }

  /**
   * @param {PanelSpec} panel
   * @param {number} place
   */
  move(panel, place) {
    const from = this.panels.indexOf(panel);
    const to = Math.max(0, Math.min(this.panels.length - 1, place));
    if (from === to) return;
    this.panels.splice(to, 0, ...this.panels.splice(from, 1));
    this.emitChange();
  }

  /** @param {BoardSpec} spec */
  replace(spec) {
    this.title = spec.title;
    this.panels = spec.panels.map(copyPanel);
    this.emitChange();
  }
}
