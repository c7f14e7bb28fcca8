// The parts at the sides: drawers on narrow screens, columns on wide ones.
const narrow = matchMedia("(max-width: 720px)");
const middle = matchMedia("(max-width: 1080px)");
const { body } = document;
const veil = document.getElementById("veil");
const people = document.querySelector("chat-people");
const rooms = document.querySelector("chat-sidebar");
const buttons = { people: document.querySelector("[data-toggles=people]"), rooms: document.querySelector("[data-toggles=rooms]") };

function draw() {
  const shown = { people: "people" in body.dataset, rooms: body.dataset.drawer === "rooms" };
  buttons.people?.setAttribute("aria-expanded", String(shown.people));
  buttons.rooms.setAttribute("aria-expanded", String(shown.rooms));
  if (people) people.inert = !shown.people;
  rooms.inert = narrow.matches && !shown.rooms;
  veil.hidden = !(shown.rooms || (middle.matches && shown.people));
}

function showPeople(shown, remember = true) {
  body.toggleAttribute("data-people", shown);
  if (remember && !middle.matches) localStorage.setItem("people", shown ? "shown" : "hidden");
  draw();
}

function showRooms(shown) {
  if (shown) body.dataset.drawer = "rooms";
  else delete body.dataset.drawer;
  draw();
  if (shown) rooms.querySelector("[aria-current]")?.focus({ preventScroll: true });
}

/** After going somewhere the drawers are done. */
export function closeDrawers() {
  showRooms(false);
  if (people && middle.matches) showPeople(false, false);
}

export function panels() {
  buttons.people?.addEventListener("click", () => showPeople(!("people" in body.dataset)));
  buttons.rooms.addEventListener("click", () => showRooms(body.dataset.drawer !== "rooms"));
  document.querySelector("[data-closes=people]")?.addEventListener("click", () => { showPeople(false); buttons.people.focus(); });
  veil.addEventListener("click", closeDrawers);
  document.addEventListener("keydown", (event) => event.key === "Escape" && !event.shiftKey && !veil.hidden && closeDrawers());
  const fit = () => showPeople(Boolean(people) && !middle.matches && localStorage.getItem("people") !== "hidden", false);
  middle.addEventListener("change", fit);
  narrow.addEventListener("change", draw);
  fit();
}
