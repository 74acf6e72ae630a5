/** The API as the page uses it: session cookie, CSRF header, JSON. */

/** The API's refusal; `fields` holds messages by field. */
export class ApiError extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body?.detail || "Something went wrong. Try again.");
    this.status = status;
    this.code = body?.code || "error";
    this.fields = body?.errors || {};
  }
}

/** @returns {string} */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") || "";
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} the parsed answer, null for an empty one; throws ApiError
 */
export async function callApi(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: {
      Accept: "application/json",
      "X-CSRFToken": csrfToken(),
      ...(body ? { "Content-Type": "application/json" } : {}),
    },
    body: body ? JSON.stringify(body) : undefined,
  }).catch(() => {
    throw new ApiError(0, { detail: "The server cannot be reached." });
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}
