// The one way to listen to keys.

/**
 * While an input method composes, keys are its own. Safari tells so by the key code alone, after the composition's
 * end.
 */
/** @param {KeyboardEvent} event */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/**
 * @param {any} target
 * @param {(event: KeyboardEvent) => void} listener
 * @param {AddEventListenerOptions | boolean} [options]
 */
export function onKeydown(target, listener, options) {
  target.addEventListener(
    "keydown",
    (/** @type {KeyboardEvent} */ event) => isComposing(event) || listener(event),
    options,
  );
}
