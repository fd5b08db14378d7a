/** The WebSocket's address: below the application's own, wherever that is mounted. */

/**
 * @param {object} options
 * @param {string} options.url of the application, such as `https://example.org/collab/`
 * @param {string} options.docId
 */
export function socketUrl(options) {
  const { url, docId, docType, clientId, userId, name, token, link, guestSecret, version, epoch, checksum, inflight } = options;
  const base = new URL(url.endsWith("/") ? url : `${url}/`, globalThis.location?.href);
  const address = new URL(`ws/documents/${encodeURIComponent(docId)}`, base);
  address.protocol = address.protocol.replace(/^http/, "ws");
  const parameters = {
    client_id: clientId,
    user_id: userId,
    name,
    token,
    link,
    guest_secret: guestSecret,
    doc_type: docType,
  };
  if (epoch !== null) Object.assign(parameters, { version, epoch, checksum, inflight });
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") address.searchParams.set(key, value);
  }
  return address.href;
}
