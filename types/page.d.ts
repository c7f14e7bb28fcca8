// What the type check cannot know of a page: its parts are HTML elements, and libraries are loaded by script tags.
interface ParentNode {
  querySelector<Tag extends keyof HTMLElementTagNameMap>(selectors: Tag): HTMLElementTagNameMap[Tag] | null;
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll<Tag extends keyof HTMLElementTagNameMap>(selectors: Tag): NodeListOf<HTMLElementTagNameMap[Tag]>;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}
interface Element {
  closest(selectors: string): HTMLElement | null;
}
/** Of listeners for events of elements. */
interface EventTarget {
  closest(selectors: string): HTMLElement | null;
}
interface HTMLElement {
  readonly dataset: any; // the attributes that templates write
}
interface Event {
  readonly detail: any;
}
interface IntersectionObserverInit {
  scrollMargin?: string;
}
interface Window {
  uPlot: any;
  hljs: any;
}
interface HTMLFormControlsCollection {
  [name: string]: any;
}
/** What myweb/service_worker.py writes before the parts of the service worker. */
declare const RELEASE: string;
declare const STATIC: string;
