// What the signed-in user of this browser can read without a network: copies of the last rooms and dashboards. They
// belong to one user and one epoch; whatever belongs to another is deleted before anything is written.
import { Database, onResult } from "./database.js";

/** @typedef {"room" | "dashboard"} CopyKind */

/**
 * What the server wrote into the pages of the user, and what there are copies of, the newest first.
 * @typedef {{ key: string, user: number, epoch: string, me: any, config: any, kept: KeptCopy[] }} OfflineOwner
 */

/** @typedef {{ key: string, kind: CopyKind, path: string, title: string, at: number }} KeptCopy */

/** @typedef {KeptCopy & { [field: string]: any }} OfflineCopy `at`: when it was last known to be right */

/** @type {Record<CopyKind, number>} */
const MAX_COPIES = { room: 8, dashboard: 4 };
const OWNER = "owner";

/**
 * The list of copies with another one, and the keys of those that have to go.
 * @param {KeptCopy[]} kept
 * @param {KeptCopy} copy
 */
export function addCopy(kept, { key, kind, path, title, at }) {
  const all = [{ key, kind, path, title, at }, ...kept.filter((other) => other.key !== key)];
  /** @param {KeptCopy} one */
  const findPlace = (one) => all.filter((other) => other.kind === one.kind).indexOf(one);
  const chosen = all.filter((one) => findPlace(one) < MAX_COPIES[one.kind]);
  return { chosen, dropped: all.filter((one) => !chosen.includes(one)).map((one) => one.key) };
}

/**
 * @param {OfflineOwner | undefined} owner
 * @param {{ user: number, epoch: string }} other
 */
const isSame = (owner, other) => owner?.user === other.user && owner.epoch === other.epoch;

export class OfflineStore {
  constructor() {
    this.database = new Database("myweb-offline", "copies", "key");
  }

  /**
   * From now on copies are those of this user; those of others are deleted.
   * @param {Omit<OfflineOwner, "key" | "kept">} user
   */
  claim(user) {
    return this.database.run("readwrite", (store, done) => {
      onResult(store.get(OWNER), (owner) => {
        if (!isSame(owner, user)) store.clear();
        onResult(store.put({ ...user, key: OWNER, kept: isSame(owner, user) ? owner.kept : [] }), done);
      });
    });
  }

  /**
   * Resolves with whether it was written: not when the copies are another user's by now, or were deleted.
   * @param {Omit<OfflineOwner, "key" | "kept">} user
   * @param {OfflineCopy} copy
   */
  write(user, copy) {
    return this.database.run("readwrite", (store, done) => {
      onResult(store.get(OWNER), (owner) => {
        if (!isSame(owner, user)) return done(false);
        const { chosen, dropped } = addCopy(owner.kept, copy);
        for (const key of dropped) store.delete(key);
        store.put(copy);
        onResult(store.put({ ...user, key: OWNER, kept: chosen }), () => done(true));
      });
    });
  }

  /** @returns {Promise<{ owner: OfflineOwner, copies: OfflineCopy[] } | null>} */
  read() {
    return this.database.run("readonly", (store, done) => {
      onResult(store.getAll(), (/** @type {any[]} */ records) => {
        const owner = records.find(({ key }) => key === OWNER);
        done(owner ? { owner, copies: records.filter(({ key }) => key !== OWNER) } : null);
      });
    });
  }

  /**
   * Deletes all copies, or those of one user only.
   * @param {number | null} user
   */
  wipe(user = null) {
    return this.database.run("readwrite", (store, done) => {
      onResult(store.get(OWNER), (owner) => {
        if (user !== null && owner && owner.user !== user) return done(false);
        onResult(store.clear(), () => done(true));
      });
    });
  }
}

/**
 * Of a page that was opened without a network: what is shown in it. chat/offline.js fills it before other scripts run.
 * @type {{ isOpen: boolean, rooms: Map<number, OfflineCopy>, dashboard: OfflineCopy | null }}
 */
export const offlinePage = { isOpen: false, rooms: new Map(), dashboard: null };
