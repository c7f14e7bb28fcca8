// Of the page to sign in: nobody is signed in in this browser, so nothing of anybody may be read offline.
import { OfflineStore } from "../myweb/offline_store.js";

new OfflineStore().wipe();
