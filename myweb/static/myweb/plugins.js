// What other apps add to the room page. It runs after the conversation is on the screen.
import "../chat/first_steps.js";
import "../checks/outage_card.js";
import "../checks/probe_card.js";
import "../checks/run_card.js";
import "../status/incident.js";
import "../oncall/offer_card.js";
import "../alerts/alert_card.js";
import "../dashboards/dock.js";
import "../dashboards/pins.js";
import "../dashboards/chart_card.js";
