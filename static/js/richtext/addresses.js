/** Addresses in documents: nothing that runs in the page is followed or loaded. */

const SAFE_LINK = /^(?:https?:|mailto:|tel:|[^:]*$|[^:]*[/?#])/i;
const SAFE_IMAGE = /^(?:https?:|[^:]*$|[^:]*[/?#])/i;
/** In place of one that is not safe. */
export const NO_LINK = "about:blank";
export const NO_IMAGE = "//:0";

/** Whether a link may be followed. */
export const isSafeLink = (url) => typeof url === "string" && SAFE_LINK.test(url.trim());
export const isSafeImage = (url) => typeof url === "string" && SAFE_IMAGE.test(url.trim());

/** The address that the page has for it. */
export const shownLink = (url) => (isSafeLink(url) ? url.trim() : NO_LINK);
export const shownImage = (url) => (isSafeImage(url) ? url.trim() : NO_IMAGE);
