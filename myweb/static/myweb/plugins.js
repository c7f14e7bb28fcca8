// What other apps add to the room page. It runs after the conversation is on the screen.
import "../chat/first_steps.js";
import "../checks/outage-card.js";
import "../checks/probe-card.js";
import "../checks/run-card.js";
import "../status/incident.js";
import "../oncall/offer-card.js";
import "../alerts/alert-card.js";
import "../dashboards/dock.js";
import "../dashboards/pins.js";
import "../dashboards/chart-card.js";
