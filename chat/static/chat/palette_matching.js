// Which entries of the palette fit what was typed, the best first. Every word must fit, in any order.
import { findSpelled, hasIdeographs, readSyllables } from "./pinyin.js";
import { foldText } from "./name_matching.js";

const MAX_WORDS = 8;
const MAX_WORD = 40; // characters
const RANK = { whole: 0, begins: 1, beginsWord: 2, beginsPinyin: 2, contains: 3, pinyin: 4, other: 5 };
const LETTER = /[\p{L}\p{N}]/u;

/** @param {string} typed */
export const splitWords = (typed) =>
  foldText(typed).split(/\s+/).filter(Boolean).slice(0, MAX_WORDS).map((word) => word.slice(0, MAX_WORD));

/**
 * In Chinese each character begins a word.
 * @param {string} text
 * @param {string} word
 */
function findWordBeginning(text, word) {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (at === 0 || !LETTER.test(text[at - 1]) || hasIdeographs(text[at])) return at;
  return -1;
}

/**
 * @param {PaletteEntry} entry
 * @param {string} word
 */
function rankWord({ foldedName = "", foldedOther = "", syllables = [] }, word) {
  if (foldedName.includes(word)) {
    if (foldedName === word) return RANK.whole;
    if (foldedName.startsWith(word)) return RANK.begins;
    return findWordBeginning(foldedName, word) >= 0 ? RANK.beginsWord : RANK.contains;
  }
  const spelled = findSpelled(syllables, word);
  if (spelled >= 0) return spelled === 0 ? RANK.beginsPinyin : RANK.pinyin;
  return findWordBeginning(foldedOther, word) >= 0 ? RANK.other : Infinity;
}

/**
 * Infinity if a word does not fit.
 * @param {PaletteEntry} entry
 * @param {string[]} words
 */
function rankEntry(entry, words) {
  entry.foldedName ??= foldText(entry.name);
  entry.syllables ??= readSyllables(entry.foldedName);
  entry.foldedOther ??= foldText(`${entry.hint ?? ""} ${entry.words ?? ""} ${entry.label ?? ""}`);
  if (entry.foldedName === words.join(" ")) return -1;
  let rank = 0;
  for (const word of words) rank += rankWord(entry, word);
  return rank;
}

/**
 * Those that fit, the best first; those that fit alike in the order that they have.
 * @param {PaletteEntry[]} entries
 * @param {string[]} words
 */
export function matchEntries(entries, words) {
  const ranked = entries.map((entry) => ({ entry, rank: rankEntry(entry, words) }));
  const fitting = ranked.filter(({ rank }) => rank < Infinity);
  return fitting.sort((one, other) => one.rank - other.rank).map(({ entry }) => entry);
}

/**
 * The parts of a name: what was not typed and what was, in turns.
 * @param {string} name
 * @param {string[]} words
 */
export function splitByMatch(name, words) {
  const folded = foldText(name);
  if (folded.length !== name.length) return [name];
  const hits = words.map((word) => ({ word, at: findMatch(folded, word) })).filter(({ at }) => at >= 0);
  /** @type {string[]} */
  const parts = [];
  let end = 0;
  for (const { word, at } of hits.sort((one, other) => one.at - other.at)) {
    if (at < end) continue;
    parts.push(name.slice(end, at), name.slice(at, at + word.length));
    end = at + word.length;
  }
  return [...parts, name.slice(end)];
}

/**
 * @param {string} text
 * @param {string} word
 */
function findMatch(text, word) {
  const at = findWordBeginning(text, word);
  return at >= 0 ? at : text.indexOf(word);
}
