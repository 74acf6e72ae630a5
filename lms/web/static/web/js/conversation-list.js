/** `<conversation-list>`: unread counts and previews that keep up.
 *
 * The list itself comes from the server. The first few conversations that are not open are
 * listened to, so their counts are live; the rest is asked again now and then, and whenever
 * something says that it changed.
 */
import { localizeTimes, timeOfDay } from "./format.js";
import { LiveSocket, TOO_MANY } from "./socket.js";
import { setUnread } from "./title.js";

const LISTENED = 4;
const REFRESH = "stoa:conversations";
const MOST_SHOWN = 99;

class ConversationList extends HTMLElement {
  connectedCallback() {
    /** @type {Map<string, LiveSocket>} */
    this.sockets = new Map();
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.filterBox = document.getElementById("filter");
    this.filterBox?.addEventListener("input", () => this.#filter(), { signal });
    this.filterBox?.addEventListener("keydown", (event) => this.#onFilterKey(event), { signal });
    this.addEventListener("htmx:afterSwap", () => this.#onRows(), { signal });
    this.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    document.body.addEventListener("stoa:opened", () => this.#onOpened(), { signal });
    addEventListener("focus", () => this.#ask(), { signal });
    this.#onRows();
  }

  disconnectedCallback() {
    this.stopping.abort();
    for (const socket of this.sockets.values()) socket.close();
  }

  #rows() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".row")]);
  }

  #ask() {
    document.body.dispatchEvent(new CustomEvent(REFRESH));
  }

  #onRows() {
    localizeTimes(this);
    this.#filter();
    this.#onOpened();
  }

  /** Another conversation is open now: it is marked, and the sockets move. */
  #onOpened() {
    const open = document.querySelector("#main")?.getAttribute("data-conversation") || "";
    for (const row of this.#rows()) {
      if (row.dataset.conversation === open) {
        row.setAttribute("aria-current", "page");
        this.#setUnread(row, 0);
      } else row.removeAttribute("aria-current");
    }
    this.#listen(open);
    this.#total();
  }

  /** @param {string} open */
  #listen(open) {
    const ids = this.#rows().map((row) => row.dataset.conversation || "");
    const wanted = new Set(ids.filter((id) => id !== open).slice(0, LISTENED));
    for (const [id, socket] of this.sockets) {
      if (wanted.has(id)) continue;
      socket.close();
      this.sockets.delete(id);
    }
    for (const id of wanted) if (!this.sockets.has(id)) this.#open(id);
  }

  /** @param {string} id */
  #open(id) {
    const socket = new LiveSocket(`/ws/lms/conversation/${id}/`);
    this.sockets.set(id, socket);
    socket.addEventListener("entry", (e) => this.#onEntry(id, e.detail));
    socket.addEventListener("reset", () => this.#ask());
    socket.addEventListener("state", (e) => {
      // Other tabs have all the sockets a person may have: asking now and then must do.
      if (e.detail.code === TOO_MANY) socket.close();
    });
    socket.open();
  }

  /** @param {string} id @param {any} entry */
  #onEntry(id, entry) {
    const row = this.#rows().find((r) => r.dataset.conversation === id);
    if (!row || !["message.sent", "read.marked"].includes(entry.type)) return;
    if (entry.type === "read.marked") {
      if (entry.payload.user_id === this.dataset.me) this.#ask();
      return;
    }
    const { author, content, created_at: at } = entry.payload;
    const mine = author.id === this.dataset.me;
    const said = row.dataset.kind === "direct" && !mine ? content : `${mine ? "You" : author.name}: ${content}`;
    row.querySelector(".row-preview").textContent = said;
    row.querySelector(".row-time").textContent = timeOfDay(at);
    if (!mine) this.#setUnread(row, Number(row.dataset.unread) + 1);
    row.parentElement?.parentElement?.prepend(row.parentElement);
    this.#total();
  }

  /** @param {HTMLElement} row @param {number} count */
  #setUnread(row, count) {
    row.dataset.unread = String(count);
    row.classList.toggle("is-unread", count > 0);
    const badge = /** @type {HTMLElement} */ (row.querySelector(".badge"));
    badge.hidden = count === 0;
    badge.querySelector("[data-part=count]").textContent = count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);
  }

  #total() {
    const counts = this.#rows().map((row) => Number(row.dataset.unread));
    setUnread("messages", counts.reduce((sum, count) => sum + count, 0));
  }

  // -- the filter and the keyboard

  #filter() {
    const words = (this.filterBox?.value || "").trim().toLocaleLowerCase();
    for (const section of this.querySelectorAll(".list-section")) {
      let shown = 0;
      for (const row of section.querySelectorAll(".row")) {
        const title = row.querySelector(".row-title")?.textContent || "";
        row.parentElement.hidden = !title.toLocaleLowerCase().includes(words);
        shown += row.parentElement.hidden ? 0 : 1;
      }
      section.hidden = shown === 0;
    }
    const none = this.querySelector("[data-part=no-match]");
    if (none) none.hidden = !words || this.#visible().length > 0;
  }

  #visible() {
    return this.#rows().filter((row) => row.offsetParent !== null);
  }

  /** @param {KeyboardEvent} event */
  #onFilterKey(event) {
    if (event.key === "Escape") {
      this.filterBox.value = "";
      this.#filter();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#visible()[0]?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.#visible()[0]?.focus();
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const rows = this.#visible();
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!(event.key in steps) || event.altKey || at < 0) return;
    event.preventDefault();
    rows[at + steps[event.key]]?.focus();
  }

  /** Open the neighbour of what is open. @param {number} step */
  go(step) {
    const rows = this.#visible();
    const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
    const next = at < 0 ? rows[0] : rows[at + step];
    next?.click();
  }
}

customElements.define("conversation-list", ConversationList);
