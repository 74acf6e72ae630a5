/** Tells the server how far the person has read, not more often than it matters. */

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
  }

  /** @param {number} offset of the newest message that was seen */
  reach(offset) {
    this.reached = Math.max(this.reached, offset);
    if (this.reached <= this.told || this.timer) return;
    this.timer = setTimeout(() => this.#tell(), CALM_MS);
  }

  async #tell() {
    this.timer = 0;
    const offset = this.reached;
    try {
      await this.socket.request("read.mark", { offset });
      this.told = Math.max(this.told, offset);
    } catch {
      // Told again with the next message or the next connection.
    }
  }
}
