/** The signed-in page: elements, navigation, shortcuts. */
import "./chat-room.js";
import "./conversation-list.js";
import "./course-feed.js";
import "./inbox-bell.js";
import { csrfToken } from "./api.js";
import { confirmDialog, toggleShortcuts } from "./dialogs.js";
import { helpForms } from "./forms.js";
import { localizeTimes } from "./format.js";
import { showTitle } from "./title.js";
import { toast } from "./toasts.js";

const WIDE = matchMedia("(min-width: 721px)");

// -- htmx: the session's CSRF token on every request, errors that people can read

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400) return;
  const isPage = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
  event.detail.shouldSwap = isPage;
  event.detail.isError = false;
  if (!isPage) toast(refusal(xhr.responseText));
});
document.addEventListener("htmx:sendError", (event) => {
  // What asks by itself now and then is quiet about it.
  if (!event.target.closest("[data-quiet]")) toast("The server cannot be reached. Try again in a moment.");
});

document.addEventListener("htmx:confirm", async (event) => {
  const { question, issueRequest } = event.detail;
  if (!question) return;
  event.preventDefault();
  if (await confirmDialog({ title: question, text: "", action: "Yes" })) issueRequest(true);
});

/** @param {string} text */
function refusal(text) {
  try {
    return JSON.parse(text).detail || "That did not work.";
  } catch {
    return "Something went wrong on our side. Try again.";
  }
}

// -- after a navigation

document.addEventListener("htmx:afterSettle", (event) => {
  const swapped = /** @type {HTMLElement} */ (event.detail.elt);
  localizeTimes(document);
  helpForms(swapped);
  if (swapped.id === "view" || swapped.id === "main") arrive();
});
document.addEventListener("htmx:historyRestore", arrive);

function arrive() {
  localizeTimes(document);
  showTitle();
  const main = document.getElementById("main");
  const view = document.getElementById("view");
  const section = main?.dataset.section || view?.dataset.section;
  for (const link of document.querySelectorAll(".rail-link[data-section]")) {
    if (link.getAttribute("data-section") === section) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dispatchEvent(new CustomEvent("stoa:opened"));
  if (section === "notifications") document.body.dispatchEvent(new CustomEvent("stoa:read"));
  focusOn(main);
}

/** The composer where one came to write; else the heading, so that a reader hears where they are.
 * @param {HTMLElement | null} main */
function focusOn(main) {
  // Somebody quick is typing there already.
  if (main?.contains(document.activeElement)) return;
  const composer = main?.querySelector("textarea[data-part=text]");
  const heading = main?.querySelector("h1");
  const target = composer && WIDE.matches ? composer : heading;
  target?.focus({ preventScroll: true });
}

// -- shortcuts

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === "/") {
    event.preventDefault();
    toggleShortcuts();
  } else if (command && event.key.toLowerCase() === "k" && !event.shiftKey) {
    event.preventDefault();
    focusFilter();
  } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    document.querySelector("conversation-list")?.go(event.key === "ArrowDown" ? 1 : -1);
  }
});

function focusFilter() {
  const filter = document.getElementById("filter");
  if (filter && filter.offsetParent !== null) filter.focus();
  else document.querySelector(".rail-link[data-section=chat]")?.click();
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-shortcuts]")) toggleShortcuts();
});

localizeTimes(document);
helpForms(document);
const composer = document.querySelector("textarea[data-part=text]");
if (composer && WIDE.matches) composer.focus();
