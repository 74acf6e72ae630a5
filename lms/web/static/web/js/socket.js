/** A socket that comes back by itself and goes on where it stopped.
 *
 * It keeps the position (epoch, offset) of its stream and passes it when it reconnects, so every
 * entry is handed out exactly once and in order. Where the server cannot go on from there it
 * says so, and a `reset` event asks the owner to fetch the state again.
 *
 * Events: `state` (detail: State), `welcome` (detail: the frame), `entry` and `push` (detail: the
 * frame; entries are durable and have an offset), `reset`.
 *
 * @typedef {{epoch: string, offset: number}} Position
 * @typedef {{name: "connecting" | "live" | "offline" | "waiting" | "ended",
 *            retryAt?: number, code?: number, reason?: string}} State
 */
import { backoffDelay } from "./backoff.js";

const PROBE_SILENCE_MS = 25_000;
const PROBE_ANSWER_MS = 8_000;
const REQUEST_MS = 12_000;
const FIRST_FINAL_CODE = 4500;
export const TOO_MANY = 4029;

/** The server refused a command; `code` is stable, `retryAfter` is in seconds. */
export class CommandRefused extends Error {
  /** @param {{code?: string, message?: string, retry_after?: number}} error */
  constructor(error) {
    super(error.message || "The server refused this.");
    this.code = error.code || "error";
    this.retryAfter = error.retry_after ?? null;
  }
}

/** The answer is unknown: the connection went away first. */
export class ConnectionLost extends Error {}

export class LiveSocket extends EventTarget {
  /**
   * @param {string} path
   * @param {Position | null} [position] where the owner's state stands
   */
  constructor(path, position = null) {
    super();
    this.path = path;
    this.position = position;
    /** @type {State} */
    this.state = { name: "connecting" };
    this.attempt = 0;
    this.nextId = 1;
    /** @type {Map<number, {resolve: Function, reject: Function, timer: number}>} */
    this.waiting = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.retryTimer = 0;
    this.probeTimer = 0;
    this.retryAfterMs = 0;
    this.listeners = new AbortController();
  }

  get isLive() {
    return this.state.name === "live";
  }

  open() {
    const { signal } = this.listeners;
    addEventListener("online", () => this.#retryNow(), { signal });
    addEventListener("offline", () => this.#onOffline(), { signal });
    addEventListener("pageshow", () => this.#retryNow(), { signal });
    document.addEventListener("visibilitychange", () => this.#onVisible(), { signal });
    this.#connect();
  }

  /** For good: nothing comes back after this. */
  close() {
    this.listeners.abort();
    clearTimeout(this.retryTimer);
    this.#drop();
    this.#setState({ name: "ended" });
  }

  /** Forget the wait and try at once. */
  retry() {
    this.attempt = 0;
    this.#retryNow();
  }

  /**
   * @param {string} type
   * @param {object} payload
   * @returns {Promise<any>} the reply's payload; rejects with CommandRefused or ConnectionLost
   */
  request(type, payload) {
    if (!this.isLive || !this.socket) return Promise.reject(new ConnectionLost("not connected"));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#onSilence(), REQUEST_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.socket?.send(JSON.stringify({ id, type, payload }));
    });
  }

  /** Fire and forget, for what may be lost: typing.
   * @param {string} type
   * @param {object} payload */
  tell(type, payload) {
    if (this.isLive) this.socket?.send(JSON.stringify({ type, payload }));
  }

  #connect() {
    clearTimeout(this.retryTimer);
    if (this.socket || this.state.name === "ended") return;
    this.#setState({ name: "connecting" });
    const socket = new WebSocket(this.#url());
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.#onFrame(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.socket) this.#onClose(event.code, event.reason);
    });
    this.#probeAfter(REQUEST_MS);
  }

  #url() {
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.position) {
      url.searchParams.set("epoch", this.position.epoch);
      url.searchParams.set("offset", String(this.position.offset));
    }
    return url;
  }

  /** @param {any} frame */
  #onFrame(frame) {
    this.#probeAfter(PROBE_SILENCE_MS);
    if (frame.type === "welcome") return this.#onWelcome(frame);
    if (frame.type === "reply") return this.#settle(frame.id, (w) => w.resolve(frame.payload));
    if (frame.type === "error") return this.#onError(frame);
    if (typeof frame.offset === "number" && frame.offset > 0) return this.#onEntry(frame);
    return this.#emit("push", frame);
  }

  /** @param {any} frame */
  #onWelcome(frame) {
    const resumed = this.position;
    this.attempt = 0;
    this.retryAfterMs = 0;
    if (!resumed || !frame.recovered) {
      this.position = { epoch: frame.epoch, offset: frame.offset };
    }
    this.#setState({ name: "live" });
    this.#emit("welcome", frame);
    if (resumed && !frame.recovered) this.#emit("reset", frame);
  }

  /** @param {any} frame */
  #onEntry(frame) {
    const position = this.position;
    if (!position || frame.offset <= position.offset) return;
    if (frame.offset > position.offset + 1) {
      // The server promises that this does not happen; ask again rather than show a hole.
      this.#drop();
      this.#connect();
      return;
    }
    position.offset = frame.offset;
    this.#emit("entry", frame);
  }

  /** @param {any} frame */
  #onError(frame) {
    const error = new CommandRefused(frame.error || {});
    if (frame.id === undefined || frame.id === null) {
      // Precedes a close; a server that is full says when to come back.
      if (error.retryAfter) this.retryAfterMs = error.retryAfter * 1000;
      return;
    }
    this.#settle(frame.id, (waiter) => waiter.reject(error));
  }

  /**
   * @param {number} id
   * @param {(waiter: {resolve: Function, reject: Function}) => void} how
   */
  #settle(id, how) {
    const waiter = this.waiting.get(id);
    if (!waiter) return;
    this.waiting.delete(id);
    clearTimeout(waiter.timer);
    how(waiter);
  }

  /** @param {number} code @param {string} reason */
  #onClose(code, reason) {
    this.#drop();
    if (code >= FIRST_FINAL_CODE && code < 5000) {
      this.listeners.abort();
      this.#setState({ name: "ended", code, reason });
      return;
    }
    if (code === TOO_MANY) this.retryAfterMs = Math.max(this.retryAfterMs, retryAfterOf(reason));
    this.#wait(code);
  }

  #wait(code = 1006) {
    const delay = Math.max(backoffDelay(this.attempt), this.retryAfterMs);
    this.attempt += 1;
    this.retryTimer = setTimeout(() => this.#connect(), delay);
    const name = navigator.onLine ? "waiting" : "offline";
    this.#setState({ name, retryAt: Date.now() + delay, code });
  }

  #retryNow() {
    if (this.state.name === "waiting" || this.state.name === "offline") this.#connect();
  }

  #onVisible() {
    if (document.visibilityState !== "visible") return;
    this.#retryNow();
    if (this.isLive) this.#probe();
  }

  #onOffline() {
    if (this.isLive) this.#probe(3_000);
    else if (this.state.name === "waiting") this.#setState({ ...this.state, name: "offline" });
  }

  /** A half-dead connection shows itself only by silence. @param {number} ms */
  #probeAfter(ms) {
    clearTimeout(this.probeTimer);
    this.probeTimer = setTimeout(() => {
      if (this.isLive) this.#probe();
      else this.#onSilence();
    }, ms);
  }

  #probe(answerMs = PROBE_ANSWER_MS) {
    clearTimeout(this.probeTimer);
    this.probeTimer = setTimeout(() => this.#onSilence(), answerMs);
    this.request("ping", {}).catch(() => {});
  }

  #onSilence() {
    if (!this.socket) return;
    this.#drop();
    this.#wait();
  }

  /** Let go of the socket; what was asked has no answer. */
  #drop() {
    clearTimeout(this.probeTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    for (const id of [...this.waiting.keys()]) {
      this.#settle(id, (waiter) => waiter.reject(new ConnectionLost("connection lost")));
    }
  }

  /** @param {State} state */
  #setState(state) {
    this.state = state;
    this.#emit("state", state);
  }

  /** @param {string} type @param {any} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {string} reason JSON or text that holds `retry_after` in seconds */
function retryAfterOf(reason) {
  const found = /retry_after\D*([\d.]+)/.exec(reason || "");
  return found ? Number(found[1]) * 1000 : 5_000;
}
