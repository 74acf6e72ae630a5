/** Tells the server how far the person has read, not more often than it matters. */
import { CommandRefused } from "./socket.js";

const CALM_MS = 400;

export class ReadMarker {
  /** @param {import("./socket.js").LiveSocket} socket @param {number} offset already told */
  constructor(socket, offset) {
    this.socket = socket;
    this.told = offset;
    this.reached = offset;
    this.timer = 0;
  }

  stop() {
    clearTimeout(this.timer);
    if (this.reached > this.told) this.socket.tell("read.mark", { offset: this.reached });
  }

  /** At once, and then not again for a moment. @param {number} offset of the newest seen */
  reach(offset) {
    this.reached = Math.max(this.reached, offset);
    if (this.reached > this.told && !this.timer && this.socket.isLive) this.#tell();
  }

  async #tell() {
    const offset = this.reached;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.reach(0);
    }, CALM_MS);
    try {
      await this.socket.request("read.mark", { offset });
      this.told = Math.max(this.told, offset);
    } catch (error) {
      // A lost connection: told again with the next one. A refusal stays one.
      if (error instanceof CommandRefused) this.told = Math.max(this.told, offset);
    }
  }
}
