/** Brings what is in the outbox to the server, in order, until it is acknowledged.
 *
 * One at a time: the order a person wrote in is the order others read. A lost connection leaves
 * everything where it is; the next connection starts again with the same client_ids.
 */
import { CommandRefused } from "./socket.js";

const TRANSIENT = new Set(["rate_limited", "unavailable", "too_many_requests", "overloaded"]);
const LONGEST_PAUSE_S = 30;

export class Sender extends EventTarget {
  /**
   * Events: `sent` {pending, ack}, `changed`.
   * @param {import("./socket.js").LiveSocket} socket
   * @param {import("./outbox.js").Outbox} outbox
   */
  constructor(socket, outbox) {
    super();
    this.socket = socket;
    this.outbox = outbox;
    this.busy = false;
    this.pauseTimer = 0;
    socket.addEventListener("welcome", () => this.flush());
  }

  stop() {
    clearTimeout(this.pauseTimer);
  }

  /** @param {string} content @param {string | null} replyTo */
  send(content, replyTo) {
    this.outbox.add(content, replyTo);
    this.dispatchEvent(new Event("changed"));
    this.flush();
  }

  /** @param {string} clientId */
  retry(clientId) {
    this.outbox.update(clientId, { state: "sending", problem: "" });
    this.dispatchEvent(new Event("changed"));
    if (this.socket.isLive) this.flush();
    else this.socket.retry();
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.pauseTimer);
    try {
      for (let next = this.#next(); next && this.socket.isLive; next = this.#next()) {
        if (!(await this.#deliver(next))) break;
      }
    } finally {
      this.busy = false;
    }
  }

  #next() {
    return this.outbox.list().find((pending) => pending.state === "sending");
  }

  /** @param {import("./outbox.js").Pending} pending @returns {Promise<boolean>} go on */
  async #deliver(pending) {
    const { client_id, content, reply_to } = pending;
    try {
      const payload = { client_id, content, reply_to, attachments: [] };
      const ack = await this.socket.request("message.send", payload);
      this.outbox.remove(client_id);
      this.dispatchEvent(new CustomEvent("sent", { detail: { pending, ack } }));
      return true;
    } catch (error) {
      if (!(error instanceof CommandRefused)) return false; // the connection went; it comes back
      return this.#refused(pending, error);
    }
  }

  /** @param {import("./outbox.js").Pending} pending @param {CommandRefused} error */
  #refused(pending, error) {
    if (TRANSIENT.has(error.code)) {
      const seconds = Math.min(error.retryAfter ?? 2, LONGEST_PAUSE_S);
      this.pauseTimer = setTimeout(() => this.flush(), seconds * 1000 + 50);
      return false;
    }
    this.outbox.update(pending.client_id, { state: "failed", problem: error.message });
    this.dispatchEvent(new Event("changed"));
    return true;
  }
}
