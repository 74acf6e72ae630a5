/** Dialogs of the shell: a question with yes and no, and the list of shortcuts. */

/**
 * @param {{title: string, text: string, action: string}} words
 * @returns {Promise<boolean>}
 */
export function confirmDialog({ title, text, action }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm-dialog"));
  const part = (name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-part=${name}]`));
  part("title").textContent = title;
  part("text").textContent = text;
  part("action").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function toggleShortcuts() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("shortcuts-dialog"));
  if (dialog.open) dialog.close();
  else dialog.showModal();
}
