/** Times in the reader's own clock and language; message text as safe nodes. */
import { h } from "./dom.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const DAY_MS = 24 * 3600 * 1000;

/** @param {string} at */
export const timeOfDay = (at) => clock.format(new Date(at));
/** @param {string} at */
export const fullTime = (at) => full.format(new Date(at));

/** @param {string} at */
export function dayLabel(at) {
  const days = daysAgo(at);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return longDate.format(new Date(at));
}

/** For lists: the time today, the weekday this week, the date before. @param {string} at */
export function briefTime(at) {
  const days = daysAgo(at);
  if (days === 0) return timeOfDay(at);
  if (days === 1) return "Yesterday";
  return days < 7 ? weekday.format(new Date(at)) : shortDate.format(new Date(at));
}

/** @param {string} at */
function daysAgo(at) {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const then = new Date(at);
  then.setHours(0, 0, 0, 0);
  return Math.round((midnight.getTime() - then.getTime()) / DAY_MS);
}

/** Fill in every `<time data-format>` that the server wrote in UTC. @param {ParentNode} root */
export function localizeTimes(root) {
  for (const element of root.querySelectorAll("time[data-format]")) {
    const at = element.getAttribute("datetime");
    if (!at) continue;
    const format = element.getAttribute("data-format");
    element.textContent = format === "brief" ? briefTime(at) : fullTime(at);
    element.setAttribute("title", fullTime(at));
    element.removeAttribute("data-format");
  }
}

const PIECES = /```\n?([\s\S]+?)\n?```|`([^`\n]+)`|(https?:\/\/[^\s<>"]+)/g;
const CLOSERS = /[.,;:!?'")\]}]+$/;

/**
 * What a person wrote: links, `code` and ``` blocks; everything else is plain text.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function richText(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(PIECES)) {
    nodes.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1] !== undefined) nodes.push(h("pre", { tabindex: "0" }, match[1]));
    else if (match[2] !== undefined) nodes.push(h("code", {}, match[2]));
    else nodes.push(...link(match[3]));
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** @param {string} text a URL and maybe the punctuation that ended the sentence */
function link(text) {
  const tail = CLOSERS.exec(text)?.[0] || "";
  const url = text.slice(0, text.length - tail.length);
  return [h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url), tail];
}
