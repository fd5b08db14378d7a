/**
 * Sends what editors of other pages left on this device: each is brought to its end under its own `client_id`, a few
 * at one time, those first that were not tried for longest.
 */

import { CollabDocument } from "../collab/document.js";
import { scopeOf } from "../collab/journal.js";
import { registerType } from "../collab/ot/registry.js";
import { userName } from "../identity.js";
import { KeptTitle } from "../page/kept_title.js";
import { TitleSender } from "../page/title_sender.js";
import { isSignedInAs } from "../session.js";

const MAX_CONNECTIONS = 4;
const TYPES = {
  text: () => import("../collab/ot/text.js").then(({ text }) => text),
  richtext: () => import("../collab/ot/richtext.js").then(({ richtext }) => richtext),
  json: () => import("../collab/ot/json.js").then(({ json }) => json),
};

export class Sender {
  #open = new Map(); // clientId → CollabDocument, null while its type is loaded
  #titles = new Map(); // docId → TitleSender
  #tried = new Map(); // clientId → when
  #waiting = [];
  #turn = 0;

  /**
   * @param {object} options
   * @param {Storage} options.storage
   * @param {ReturnType<import("../api.js").documentsApi>} options.api
   * @param {string} options.url of the application
   * @param {string} options.userId whose work it is
   * @param {boolean} options.isOpen whether the server takes the user's word for who they are
   * @param {(docId: string, state?: {error?: object | null, inUse?: boolean, isAway?: boolean, isSending?: boolean}) => void}
   *   options.tell what becomes of it
   */
  constructor(options) {
    Object.assign(this, options);
  }

  /** @param {import("../collab/unsent.js").Unsent[]} found all that is unsent now */
  send(found) {
    const all = found.flatMap(({ docId, editors }) => editors.map((editor) => ({ docId, ...editor })));
    const known = new Set(all.map(({ clientId }) => clientId));
    for (const clientId of this.#tried.keys()) if (!known.has(clientId)) this.#tried.delete(clientId);
    const last = ({ clientId }) => this.#tried.get(clientId) ?? 0;
    this.#waiting = all.filter(({ clientId }) => !this.#open.has(clientId)).sort((one, other) => last(one) - last(other));
    this.#next();
    for (const { docId, hasTitle } of found) if (hasTitle) this.#sendTitle(docId);
  }

  #next() {
    while (this.#open.size < MAX_CONNECTIONS && this.#waiting.length > 0) this.#bringToEnd(this.#waiting.shift());
  }

  async #bringToEnd({ docId, clientId, docType }) {
    this.#tried.set(clientId, ++this.#turn);
    this.#open.set(clientId, null);
    this.tell(docId, { isSending: true });
    try {
      // A type of somebody's own has its editor on a page of its own.
      if (!Object.hasOwn(TYPES, docType)) throw new Error(`there is no type ${docType} here`);
      registerType(await TYPES[docType]());
      if (this.#open.has(clientId)) this.#connect(docId, clientId, docType);
    } catch (error) {
      this.#end(clientId, docId, { error });
    }
  }

  #connect(docId, clientId, docType) {
    const { url, userId, storage } = this;
    const WebSocket = globalThis.WebSocket;
    const options = { url, docId, docType, userId, signedInAs: userId, name: userName(), storage, clientId, WebSocket };
    const shared = new CollabDocument({ ...options, events: globalThis.window });
    this.#open.set(clientId, shared);
    const end = (state) => this.#open.get(clientId) === shared && this.#end(clientId, docId, state);
    shared.on("status", ({ state, error }) => {
      if (state === "saved") end();
      else if (state === "failed") end({ error });
    });
    // The next look tries again.
    shared.on("disconnected", () => end({ isAway: true }));
    shared.ready.then((ready) => ready || end({ inUse: true }));
  }

  #end(clientId, docId, state) {
    const shared = this.#open.get(clientId);
    this.#open.delete(clientId);
    shared?.close();
    this.tell(docId, state);
    this.#next();
  }

  #sendTitle(docId) {
    if (this.#titles.has(docId)) return void this.#titles.get(docId).refresh();
    const sender = new TitleSender({
      kept: new KeptTitle(this.storage, scopeOf(this.url, docId, this.userId)),
      load: async () => (await this.api.read(docId)).title,
      send: (title) => this.api.rename(docId, title),
      maySend: () => this.isOpen || isSignedInAs(this.userId),
      onStored: () => {},
      onChange: () => {
        if (sender.wanted === null) this.#titles.delete(docId);
        this.tell(docId, { error: sender.part?.error ?? null });
      },
    });
    this.#titles.set(docId, sender);
    sender.start();
  }

  /** The page may be ending: others may take up what is left. */
  close() {
    for (const shared of this.#open.values()) shared?.close();
    this.#open.clear();
    this.#waiting = [];
  }
}
