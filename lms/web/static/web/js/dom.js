/** Making elements. Text only ever becomes a text node, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag with classes: `li.message.starts`
 * @param {Record<string, any>} [props] `on…` are listeners, `dataset` and `aria-…` as they are
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any} the element
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** @param {string} name of a symbol in the page's sprite @param {string} [extra] classes */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows only an icon, with a name for those who do not see it.
 * @param {string} name @param {string} label @param {(event: Event) => void} onclick
 * @param {Record<string, any>} [props] */
export function iconButton(name, label, onclick, props = {}) {
  return h(
    "button.icon-button",
    { type: "button", "aria-label": label, title: label, onclick, ...props },
    icon(name),
  );
}

/** @param {import("./timeline.js").Person} person @param {string} [extra] classes */
export function avatar(person, extra = "") {
  const element = h(`span.avatar.hue-${hue(person.id)}`, { "aria-hidden": "true" });
  if (extra) element.classList.add(extra);
  if (person.avatar && /^\/(?!\/)/.test(person.avatar)) {
    element.append(h("img", { src: person.avatar, alt: "" }));
  } else element.textContent = initials(person.name);
  return element;
}

/** The same rule as the templates' `initials`. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/** The same rule as the templates' `hue`. @param {string} id */
export function hue(id) {
  let value = 0;
  for (const digit of id.replaceAll("-", "")) {
    value = (value * 31 + (parseInt(digit, 16) || 0)) % 10_007;
  }
  return value % 10;
}
