/** `<inbox-bell>`: the number on the bell, and a toast when something arrives. */
import { callApi } from "./api.js";
import { LiveSocket } from "./socket.js";
import { setUnread } from "./title.js";
import { toast } from "./toasts.js";

const MOST_SHOWN = 99;

class InboxBell extends HTMLElement {
  connectedCallback() {
    this.badge = /** @type {HTMLElement} */ (this.querySelector(".badge"));
    this.count = /** @type {HTMLElement} */ (this.querySelector("[data-part=count]"));
    this.asking = 0;
    this.#show(Number(this.dataset.unread));
    const position = { epoch: this.dataset.epoch || "", offset: Number(this.dataset.offset) };
    this.socket = new LiveSocket("/ws/lms/notifications/", position);
    this.socket.addEventListener("entry", (e) => this.#onEntry(e.detail));
    this.socket.addEventListener("reset", () => this.#ask());
    this.stopping = new AbortController();
    document.body.addEventListener("stoa:read", () => this.#ask(), { signal: this.stopping.signal });
    this.socket.open();
  }

  disconnectedCallback() {
    this.stopping?.abort();
    this.socket?.close();
    clearTimeout(this.asking);
  }

  /** @param {any} entry */
  #onEntry({ type, payload }) {
    if (type === "notification.created") {
      toast(payload.title, { body: payload.body, link: payload.link });
      document.body.dispatchEvent(new CustomEvent("stoa:conversations"));
    }
    document.body.dispatchEvent(new CustomEvent("stoa:notified"));
    this.#ask();
  }

  /** The server knows the number; other tabs and devices change it too. */
  #ask() {
    clearTimeout(this.asking);
    this.asking = setTimeout(async () => {
      const answer = await callApi("GET", "/notifications/unread/").catch(() => null);
      if (answer) this.#show(answer.unread);
    }, 150);
  }

  /** @param {number} unread */
  #show(unread) {
    this.badge.hidden = unread === 0;
    this.count.textContent = unread > MOST_SHOWN ? `${MOST_SHOWN}+` : String(unread);
    setUnread("notifications", unread);
  }
}

customElements.define("inbox-bell", InboxBell);
