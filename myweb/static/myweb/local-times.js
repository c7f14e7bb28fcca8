// Times in the reader's zone; forms that take times learn that zone, and name it.
import { language } from "./i18n.js";
import { formatClock, formatFullTime, isSameDay } from "./time.js";
import { onView } from "./view.js";

const date = new Intl.DateTimeFormat(language, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** @param {ParentNode} place */
export function paintTimes(place) {
  for (const time of place.querySelectorAll("time")) {
    if (!time.dateTime) continue;
    time.textContent = isSameDay(time.dateTime, Date.now())
      ? formatClock(time.dateTime)
      : date.format(new Date(time.dateTime));
    time.title = formatFullTime(time.dateTime);
  }
}

/**
 * As an input of the type datetime-local has it.
 * @param {string} moment
 */
function wallTime(moment) {
  const then = new Date(moment);
  return new Date(Number(then) - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * A form that came back with a mistake keeps the zone in which it was filled in.
 * @param {HTMLFormElement} form
 */
function nameZone(form) {
  form.elements.zone.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  const zone = form.elements.zone.value;
  const text = form.querySelector("[data-zone-text]");
  if (zone && text) text.textContent = text.dataset.zoneText.replace("{zone}", zone);
  for (const input of form.querySelectorAll("input")) if (input.dataset.at) input.value = wallTime(input.dataset.at);
}

onView("main", paintTimes);
onView("form", (form) => form.elements.zone && nameZone(form));
