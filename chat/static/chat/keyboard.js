// The one way to listen to keys.

/** While an input method composes, keys are its own. Safari tells so by the key code alone, after the composition's end. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

export function onKeydown(target, listener, options) {
  target.addEventListener("keydown", (event) => isComposing(event) || listener(event), options);
}
