/** Small help for forms: show a password, do not send twice, remember nothing after signing out. */
import { forgetEverything } from "./outbox.js";

/** @param {ParentNode} root */
export function helpForms(root) {
  for (const button of root.querySelectorAll("[data-show-password]")) {
    button.addEventListener("click", () => togglePassword(button));
  }
}

/** @param {Element} button */
function togglePassword(button) {
  const input = button.parentElement?.querySelector("input");
  if (!input) return;
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.matches("[data-logout]")) forgetEverything();
  if (form.matches("[data-once]")) {
    for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = true;
  }
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-once] button[type=submit]")) {
    button.disabled = false;
  }
});
