/** Words for who may read a document and not edit it. */

const WRITE = "Write. Everyone with this address writes along.";
const EMPTY = "There is nothing here yet.";

/** What stands where there is no text. @param {import("../collab/document.js").CollabDocument} shared */
export const placeholderOf = ({ mayEdit }) => (mayEdit ? WRITE : EMPTY);
