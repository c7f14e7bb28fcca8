// What the type check cannot know of a page: which element a selector finds, and what templates and libraries put there.
interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface Document {
  getElementById(id: string): any;
}
interface Element {
  closest(selectors: string): any;
  dataset: any;
  value: any;
  selectionStart: any;
  selectionEnd: any;
  focus(options?: FocusOptions): void;
}
interface EventTarget {
  closest(selectors: string): any;
}
interface IntersectionObserverInit {
  scrollMargin?: string;
}
interface Window {
  uPlot: any;
  hljs: any;
}
interface Event {
  readonly detail: any;
}
interface HTMLFormControlsCollection {
  [name: string]: any;
}
