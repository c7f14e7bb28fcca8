// Messages of one author that follow each other stand under one head; a line stands above each day and what is new.
import { findElement } from "../myweb/elements.js";
import { formatDay, isSameDay } from "../myweb/time.js";

const GROUP_WITHIN = 5 * 60_000; // after it, the same author's next message gets a head of its own

/**
 * What depends on the message before: the day, the "new" line, and whether the head is repeated.
 * @param {HTMLElement} row
 * @param {MessageHead} state
 * @param {MessageHead | null | undefined} previous
 * @param {boolean} isFresh
 */
export function paintDividers(row, state, previous, isFresh) {
  const newDay = !previous || !isSameDay(previous.at, state.at);
  const dayLine = findElement(row, ".divider--day", HTMLElement);
  dayLine.hidden = !newDay;
  if (newDay) dayLine.textContent = formatDay(state.at);
  findElement(row, ".divider--fresh", HTMLElement).hidden = !isFresh;
  const own = state.reply || state.card; // says for itself who and when
  const follows =
    !newDay &&
    !isFresh &&
    !own &&
    previous.author === state.author &&
    Number(new Date(state.at)) - Number(new Date(previous.at)) < GROUP_WITHIN;
  findElement(row, ".message", HTMLElement).classList.toggle("message--more", follows);
}
