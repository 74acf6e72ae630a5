/** Small passing messages in the corner. They stay while the pointer or the focus is on them. */
import { announce } from "./announce.js";
import { h, iconButton } from "./dom.js";

const STAY_MS = 7_000;

/** @param {string} title @param {{body?: string, link?: string}} [more] */
export function toast(title, { body = "", link = "" } = {}) {
  const heading = link && isLocal(link) ? h("a", { href: link }, title) : h("strong", {}, title);
  const words = h("div", {}, heading, body && h("p", { class: "clamp" }, body));
  const close = () => box.remove();
  const box = h("div.toast", {}, words, iconButton("close", "Dismiss", close));
  const corner = document.getElementById("toasts");
  corner?.append(box);
  window.htmx?.process(box);
  announce(body ? `${title}. ${body}` : title);
  const fade = () => (box.matches(":hover, :focus-within") ? setTimeout(fade, STAY_MS) : close());
  setTimeout(fade, STAY_MS);
}

/** @param {string} link */
function isLocal(link) {
  return /^\/(?![/\\])/.test(link);
}
