// What runs on every page.
import "./theme.js";
import "./time.js";
