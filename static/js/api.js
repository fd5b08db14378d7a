/** The HTTP API, below wherever the application is mounted. */

export class ApiError extends Error {
  constructor(status, { code, message }) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @param {URL} base of the application, with a slash at the end */
export function documentsApi(base) {
  const address = (docId = "") =>
    new URL(`api/documents${docId && `/${encodeURIComponent(docId)}`}`, base);

  async function call(url, method = "GET", body = undefined) {
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    if (response.ok) return response.status === 204 ? null : response.json();
    const unknown = { code: "internal", message: `the server answered ${response.status}` };
    throw new ApiError(response.status, await response.json().catch(() => unknown));
  }

  return {
    /** @returns {Promise<{documents: object[], next: string | null}>} newest first */
    list({ search = "", limit = 30, after = null } = {}) {
      const url = address();
      const parameters = { search, limit, after };
      for (const [key, value] of Object.entries(parameters)) {
        if (value !== null && value !== "") url.searchParams.set(key, value);
      }
      return call(url);
    },
    create: (title, docType = "text") => call(address(), "POST", { title, doc_type: docType }),
    read: (docId) => call(address(docId)),
    rename: (docId, title) => call(address(docId), "PATCH", { title }),
    remove: (docId) => call(address(docId), "DELETE"),
  };
}
