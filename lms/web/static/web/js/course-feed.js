/** `<course-feed>`: announcements appear while one looks at the course. */
import { announce } from "./announce.js";
import { LiveSocket } from "./socket.js";

class CourseFeed extends HTMLElement {
  connectedCallback() {
    const position = { epoch: this.dataset.epoch || "", offset: Number(this.dataset.offset) };
    this.socket = new LiveSocket(`/ws/lms/course/${this.dataset.course}/notifications/`, position);
    this.socket.addEventListener("entry", (e) => this.#onEntry(e.detail));
    this.socket.addEventListener("reset", () => this.#refresh());
    this.socket.addEventListener("state", (e) => {
      const live = e.detail.name === "live";
      this.querySelector("[data-part=dot]")?.classList.toggle("is-live", live);
      const words = live ? "Live" : "Reconnecting…";
      this.querySelector("[data-part=live]").textContent = words;
    });
    this.socket.open();
  }

  disconnectedCallback() {
    this.socket?.close();
  }

  /** @param {any} entry */
  #onEntry({ payload }) {
    if (payload.title) announce(`New in this course: ${payload.title}`);
    this.#refresh();
  }

  #refresh() {
    document.body.dispatchEvent(new CustomEvent("stoa:course"));
  }
}

customElements.define("course-feed", CourseFeed);
