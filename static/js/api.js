/** The HTTP API, below wherever the application is mounted. */

/** Nobody waits for it longer: a document can be opened without. */
const SESSION_MILLISECONDS = 5000;
const RENAME_MILLISECONDS = 15_000;

export class ApiError extends Error {
  constructor(status, { code, message }) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * @param {URL} base of the application, with a slash at the end
 * @param {string | null} link by which a document is shared with this page
 */
export function documentsApi(base, link = null) {
  const given = (path) => {
    const url = new URL(path, base);
    if (link) url.searchParams.set("link", link);
    return url;
  };
  const address = (docId = "") => given(`api/documents${docId && `/${encodeURIComponent(docId)}`}`);

  async function call(url, method = "GET", body = undefined, options = {}) {
    const headers = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), ...options });
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
    /** It goes on when the page ends meanwhile. */
    rename(docId, title) {
      const options = { keepalive: true, signal: AbortSignal.timeout(RENAME_MILLISECONDS) };
      return call(address(docId), "PATCH", { title }, options);
    },
    /** @returns {Promise<import("./session.js").Session>} */
    session(docId = null) {
      // Without a document the link makes no difference, and this is the address that pages preload.
      const url = docId === null ? new URL("api/session", base) : given("api/session");
      if (docId !== null) url.searchParams.set("doc_id", docId);
      return call(url, "GET", undefined, { signal: AbortSignal.timeout(SESSION_MILLISECONDS) });
    },
    signIn: (token) => call(given("api/session"), "POST", { token }),
    signOut: () => call(given("api/session"), "DELETE"),
    remove: (docId) => call(address(docId), "DELETE"),
  };
}
