// Messages of this site that links lead to, as this reader may see them. They are asked for when a link is drawn, in
// one request for all that are drawn together.
import { getJson } from "../myweb/api.js";
import { urls } from "../myweb/urls.js";

const KEPT_FOR = 60_000; // ms; then a link that is drawn again asks again
const MOST = 20; // of one request, as the server has it
const DELAY = 30; // ms, in which others are drawn

/** @type {Map<string, { message: LinkedMessage | null, at: number }>} */
const known = new Map(); // by place, "ROOM-SEQ"
/** @type {Map<string, Set<number>>} */
const readers = new Map(); // place -> ids of the messages that link to it
/** @type {Set<string>} */
const waiting = new Set();

/** @type {(id: number) => void} */
let redraw = () => {};

/** @param {(id: number) => void} redrawMessage called for each message whose linked ones have changed */
export function startLinkedMessages(redrawMessage) { redraw = redrawMessage; }

/**
 * What a link shows now; null for nothing.
 * @param {string} place
 * @param {number} id of the message with the link
 */
export function getLinkedMessage(place, id) {
  const entry = known.get(place);
  readers.set(place, (readers.get(place) ?? new Set()).add(id));
  if (!entry || Date.now() - entry.at > KEPT_FOR) request(place);
  return entry?.message ?? null;
}

/** @param {string} place */
function request(place) {
  if (!waiting.size) setTimeout(sendRequests, DELAY);
  waiting.add(place);
}

function sendRequests() {
  const places = [...waiting];
  waiting.clear();
  for (let start = 0; start < places.length; start += MOST) load(places.slice(start, start + MOST));
}

/** @param {string[]} places */
async function load(places) {
  /** @type {LinkedMessage[]} */
  let found;
  try {
    found = await getJson(urls.linkedMessages(places));
  } catch {
    return; // offline: drawn again later, they ask again
  }
  const messages = new Map(found.map((message) => [`${message.room}-${message.seq}`, message]));
  const changed = places.filter((place) => learn(place, messages.get(place) ?? null));
  for (const id of new Set(changed.flatMap((place) => [...(readers.get(place) ?? [])]))) redraw(id);
}

/**
 * Says whether it looks different now.
 * @param {string} place
 * @param {LinkedMessage | null} message
 */
function learn(place, message) {
  const before = known.get(place)?.message ?? null;
  known.set(place, { message, at: Date.now() });
  return JSON.stringify(before) !== JSON.stringify(message);
}
