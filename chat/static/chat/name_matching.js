// Which names match what was typed: exactly, then at their beginning, then anywhere. Where they match alike, the order
// of the caller holds (completion.js, picker.js).

// As the server folds handles, nearly: "ß" is "ss", and a sigma is the same wherever it stands.
/** @param {string} text */
export const foldText = (text) => text.normalize("NFKC").toUpperCase().toLowerCase().replaceAll("ς", "σ");

/**
 * 0 if the first of `names` is `typed`, 1 if another one is, 2 if one begins with it, 3 if one contains it, else
 * Infinity.
 * @param {string} typed
 * @param {string[]} names
 */
function rankNames(typed, names) {
  const wanted = foldText(typed);
  const folded = names.map(foldText);
  if (folded.includes(wanted)) return folded[0] === wanted ? 0 : 1;
  if (folded.some((name) => name.startsWith(wanted))) return 2;
  return folded.some((name) => name.includes(wanted)) ? 3 : Infinity;
}

/**
 * Those of `items` that contain `typed` in one of `names(item)`, in their old order where they rank alike.
 * @template T
 * @param {T[]} items
 * @param {string} typed
 * @param {(item: T) => string[]} names
 * @returns {T[]}
 */
export function rankMatches(items, typed, names) {
  const places = items
    .map((item) => ({ item, place: rankNames(typed, names(item)) }))
    .filter(({ place }) => place < Infinity);
  return places.sort((one, other) => one.place - other.place).map(({ item }) => item);
}
