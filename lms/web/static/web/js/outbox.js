/** Messages that the server has not acknowledged, kept in the browser until it has.
 *
 * A message keeps its client_id through every retry, reconnect and reload, so the server makes
 * one message of them. Nothing leaves the outbox but by an acknowledgement or by its author.
 *
 * @typedef {{client_id: string, content: string, reply_to: string | null, created_at: string,
 *            state: "sending" | "failed", problem: string}} Pending
 */

// Older ones are not sent without asking: what was meant an hour ago may be wrong now.
const STALE_MS = 10 * 60 * 1000;

export class Outbox {
  /** @param {string} userId @param {string} conversationId */
  constructor(userId, conversationId) {
    this.key = `stoa:outbox:${userId}:${conversationId}`;
  }

  /** @returns {Pending[]} oldest first */
  list() {
    try {
      return JSON.parse(localStorage.getItem(this.key) || "[]");
    } catch {
      return [];
    }
  }

  /** @param {string} content @param {string | null} replyTo @returns {Pending} */
  add(content, replyTo) {
    const pending = {
      client_id: crypto.randomUUID?.() ?? randomId(),
      content,
      reply_to: replyTo,
      created_at: new Date().toISOString(),
      state: /** @type {const} */ ("sending"),
      problem: "",
    };
    this.#save([...this.list(), pending]);
    return pending;
  }

  /** @param {string} clientId @param {Partial<Pending>} change */
  update(clientId, change) {
    this.#save(this.list().map((p) => (p.client_id === clientId ? { ...p, ...change } : p)));
  }

  /** @param {string} clientId */
  remove(clientId) {
    this.#save(this.list().filter((p) => p.client_id !== clientId));
  }

  /** Messages of an earlier visit that waited too long need their author's word. */
  holdStale(now = Date.now()) {
    for (const p of this.list()) {
      if (p.state === "sending" && now - Date.parse(p.created_at) > STALE_MS) {
        this.update(p.client_id, { state: "failed", problem: "It waited too long to be sent." });
      }
    }
  }

  /** @param {Pending[]} list */
  #save(list) {
    if (list.length) localStorage.setItem(this.key, JSON.stringify(list));
    else localStorage.removeItem(this.key);
  }
}

/** randomUUID exists only on https and localhost; a school's intranet may have neither. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** One draft for each conversation. */
export class Draft {
  /** @param {string} userId @param {string} conversationId */
  constructor(userId, conversationId) {
    this.key = `stoa:draft:${userId}:${conversationId}`;
  }

  read() {
    return localStorage.getItem(this.key) || "";
  }

  /** @param {string} text */
  write(text) {
    if (text.trim()) localStorage.setItem(this.key, text);
    else localStorage.removeItem(this.key);
  }
}

/** What was typed is private to who typed it: signing out takes it along. */
export function forgetEverything() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("stoa:draft:") || key.startsWith("stoa:outbox:")) localStorage.removeItem(key);
  }
}
