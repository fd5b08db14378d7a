/** Who is here, and where their cursors are in the content as it is shown now. */

// Presence may lie a little behind the stream; further back than this it is shown as it came.
const MAX_RECENT = 256;

/**
 * @typedef {object} Editor
 * @property {string} clientId
 * @property {string} userId
 * @property {string} name
 * @property {string} color
 * @property {{anchor: number, head: number} | null} cursor
 * @property {any} data
 * @property {number} [movedBy] how far the cursor was told to be from where it was taken for
 */

export class Presence {
  #recent = []; // [version, operation, clientId], ascending
  #waiting = new Map(); // presence of a version that is still to come
  /** @type {Map<string, Editor>} */
  editors = new Map();

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /** The list of the handshake; one's own entry is left out. */
  enter(users) {
    this.#recent = [];
    this.#waiting.clear();
    const before = this.editors;
    this.editors = new Map();
    for (const user of users) {
      if (user.client_id === this.session.clientId) continue;
      const editor = this.join(user);
      editor.data = before.get(user.client_id)?.data ?? null;
      editor.cursor = this.#place(user.cursor ?? null, this.session.version, user.client_id);
    }
  }

  join({ client_id: clientId, user_id: userId, name, color }) {
    const known = this.editors.get(clientId) ?? { cursor: null, data: null };
    const editor = { ...known, clientId, userId, name, color };
    this.editors.set(clientId, editor);
    return editor;
  }

  leave({ client_id: clientId }) {
    this.#waiting.delete(clientId);
    return this.editors.delete(clientId);
  }

  /** A presence frame. */
  update(frame) {
    if (frame.version > this.session.version) {
      this.#waiting.set(frame.client_id, frame);
      return;
    }
    this.#waiting.delete(frame.client_id);
    const editor = this.editors.get(frame.client_id);
    if (!editor) return;
    const before = editor.cursor;
    editor.cursor = this.#place(frame.cursor, frame.version, frame.client_id);
    editor.movedBy = before && editor.cursor ? Math.abs(editor.cursor.head - before.head) : Infinity;
    editor.data = frame.data ?? null;
  }

  /** A committed change: `operation` as committed, `local` as it was applied to the content. */
  committed(version, operation, local, clientId) {
    this.#recent.push([version, operation, clientId]);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
    if (local) this.moved(local, clientId);
    for (const frame of [...this.#waiting.values()]) {
      if (frame.version <= version) this.update(frame);
    }
  }

  /** The content has changed by `operation`; its author's cursor goes along with it. */
  moved(operation, clientId) {
    for (const editor of this.editors.values()) {
      if (editor.cursor) editor.cursor = this.#move(editor.cursor, operation, editor.clientId === clientId);
    }
  }

  #move({ anchor, head }, operation, own) {
    const { type } = this.session;
    return {
      anchor: type.transformCursor(anchor, operation, own),
      head: type.transformCursor(head, operation, own),
    };
  }

  #place(cursor, version, clientId) {
    if (!cursor) return null;
    for (const [at, operation, author] of this.#recent) {
      if (at > version) cursor = this.#move(cursor, operation, author === clientId);
    }
    const { session } = this;
    return { anchor: session.toLocal(cursor.anchor), head: session.toLocal(cursor.head) };
  }
}
