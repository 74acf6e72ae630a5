/** The scrolling part of a conversation: rows in, elements out.
 *
 * Elements are kept by key and only replaced when what they show has changed; what the reader
 * looks at stays where it is, whatever is added above or below it.
 */
import { fingerprint, renderRow } from "./message-view.js";

const NEAR_BOTTOM_PX = 60;
const SMOOTH = matchMedia("(prefers-reduced-motion: no-preference)");

export class MessageList extends EventTarget {
  /**
   * Events: `older` when the reader nears the top, `bottom` when the bottom is reached or left.
   * @param {HTMLElement} scroller holds `[data-part=messages]` and `[data-part=history]`
   * @param {import("./message-view.js").View} view
   */
  constructor(scroller, view) {
    super();
    this.scroller = scroller;
    this.view = view;
    this.list = /** @type {HTMLElement} */ (scroller.querySelector("[data-part=messages]"));
    /** @type {Map<string, {element: HTMLElement, print: string}>} */
    this.shown = new Map();
    this.atBottom = true;
    scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    scroller.addEventListener("keydown", (event) => this.#onKey(event));
    this.resize = new ResizeObserver(() => this.atBottom && this.#toBottomNow());
    this.resize.observe(scroller);
    const top = /** @type {HTMLElement} */ (scroller.querySelector("[data-part=history]"));
    this.top = new IntersectionObserver(
      (entries) => entries.some((e) => e.isIntersecting) && this.dispatchEvent(new Event("older")),
      { root: scroller, rootMargin: "600px 0px 0px 0px" },
    );
    this.top.observe(top);
    this.topElement = top;
  }

  stop() {
    this.resize.disconnect();
    this.top.disconnect();
  }

  /** Look again whether more history is wanted: the observer reports only changes. */
  lookUp() {
    this.top.unobserve(this.topElement);
    this.top.observe(this.topElement);
  }

  /** @param {any[]} rows as `layOut` gives them */
  show(rows) {
    const stay = this.atBottom ? null : this.#anchor();
    const focused = this.#focusedKey();
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { element }] of this.shown) {
      if (wanted.has(key)) continue;
      element.remove();
      this.shown.delete(key);
    }
    /** @type {Element | null} */
    let next = this.list.firstElementChild;
    for (const row of rows) {
      const element = this.#elementFor(row);
      // The one we stood at may just have been replaced by this one.
      if (next && next.parentNode !== this.list) next = element;
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
    if (focused) this.shown.get(focused)?.element.focus({ preventScroll: true });
    if (stay) this.#holdAt(stay);
    else this.#toBottomNow();
  }

  /** @param {any} row */
  #elementFor(row) {
    const print = fingerprint(row, this.view);
    const known = this.shown.get(row.key);
    if (known?.print === print) return known.element;
    const element = renderRow(row, this.view);
    element.dataset.key = row.key;
    if (known) known.element.replaceWith(element);
    this.shown.set(row.key, { element, print });
    return element;
  }

  /** The key of the row that has the focus, when a new element is going to take its place. */
  #focusedKey() {
    const row = document.activeElement?.closest?.("[data-key]");
    return row && this.list.contains(row) && document.activeElement === row ? row.dataset.key : null;
  }

  toBottom() {
    this.atBottom = true;
    const behavior = SMOOTH.matches ? "smooth" : "instant";
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  #toBottomNow() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Bring the row to the upper third and nothing else. @param {string} key */
  showRow(key) {
    const row = this.shown.get(key)?.element;
    if (!row) return false;
    const frame = this.scroller.getBoundingClientRect();
    const shift = row.getBoundingClientRect().top - frame.top - frame.height / 4;
    this.scroller.scrollTop += shift;
    this.#onScroll();
    return true;
  }

  /** @param {string} messageId */
  find(messageId) {
    const row = this.list.querySelector(`[data-id="${CSS.escape(messageId)}"]`);
    if (!row) return false;
    this.showRow(row.dataset.key);
    row.focus({ preventScroll: true });
    row.classList.add("is-found");
    setTimeout(() => row.classList.remove("is-found"), 2000);
    return true;
  }

  /** The first row in sight, and where it is. */
  #anchor() {
    const frame = this.scroller.getBoundingClientRect().top;
    for (const element of this.list.children) {
      const box = element.getBoundingClientRect();
      if (box.bottom > frame && !element.matches(".day, .unread-divider")) {
        return { key: /** @type {HTMLElement} */ (element).dataset.key, top: box.top };
      }
    }
    return null;
  }

  #holdAt({ key, top }) {
    const element = this.shown.get(key)?.element;
    if (element) this.scroller.scrollTop += element.getBoundingClientRect().top - top;
  }

  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const atBottom = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
    if (atBottom === this.atBottom) return;
    this.atBottom = atBottom;
    this.dispatchEvent(new Event("bottom"));
  }

  /** Arrows walk from message to message; letters act on the one that has the focus. */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest?.(".message");
    const steps = { ArrowUp: -1, ArrowDown: 1 };
    if (event.key in steps && (row || event.target === this.scroller)) {
      event.preventDefault();
      this.#walk(row, steps[event.key]);
    } else if (row && event.target === row) this.#press(row, event);
  }

  #walk(row, step) {
    const rows = [...this.list.querySelectorAll(".message")];
    const at = row ? rows.indexOf(row) + step : rows.length - 1;
    const next = rows[Math.max(0, Math.min(rows.length - 1, at))];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }

  #press(row, event) {
    const labels = { r: "Reply", e: "Edit", Delete: "Delete", "+": "React", Enter: "React" };
    const label = labels[event.key] || labels[event.key.toLowerCase()];
    const button = label && row.querySelector(`.tools [aria-label="${label}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }
}
