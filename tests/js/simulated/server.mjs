/**
 * A server of the protocol in a few lines, as strict as the real one, over a network that a test can
 * slow down, cut, and make lose what is on its way.
 */

import { isDeepStrictEqual } from "node:util";

import { getType } from "../../../static/js/collab/index.js";

const AGAIN = new Set(["storage_unavailable", "server_busy", "rate_limited", "internal"]);

export class SimulatedServer {
  epoch = "epoch-1";
  history = []; // {operation, clientId, id, sent}, and the checksum once it was asked for
  clients = new Map(); // clientId → {lastId, lastVersion}
  connections = new Map(); // clientId → socket
  /** Called with each edit frame; what it returns is answered as an error instead. */
  refuse = () => null;
  /** The same for each presence frame. */
  refusePresence = () => null;
  /** Commits happen this many milliseconds after acceptance. */
  commitDelay = 0;
  head = 0;
  reachable = true;
  lastId = 0;

  constructor(clock, random = () => 0, { latency = 1, docType = "text" } = {}) {
    const type = getType(docType);
    Object.assign(this, { clock, random, latency, type, content: type.create() });
    const server = this;
    this.WebSocket = class extends SimulatedSocket {
      constructor(url) {
        super(server, url);
      }
    };
  }

  get version() {
    return this.history.length;
  }

  /** As if the document had been deleted and made anew. */
  recreate(content = this.type.create()) {
    this.epoch = `epoch-${Math.floor(Math.random() * 1e9)}`;
    Object.assign(this, { content, history: [], head: 0 });
    this.clients.clear();
    this.dropAll();
  }

  dropAll(code = 1006) {
    for (const socket of [...this.connections.values()]) socket.end(code);
  }

  join(socket) {
    const { searchParams } = new URL(socket.url);
    socket.clientId = searchParams.get("client_id");
    const before = this.connections.get(socket.clientId);
    this.connections.set(socket.clientId, socket);
    before?.end(4409);
    const client = this.#client(socket.clientId);
    const version = searchParams.has("version") ? Number(searchParams.get("version")) : null;
    const isKnown = version !== null && searchParams.get("epoch") === this.epoch && version <= this.head;
    const checksum = searchParams.get("checksum");
    const resumes = isKnown && (checksum === null || checksum === String(this.checksumAt(version)));
    const common = {
      doc_id: "d", epoch: this.epoch, doc_type: this.type.name, client_id: socket.clientId, last_id: client.lastId,
      user: { user_id: this.userId ?? "u", name: "U", color: "#123456", role: this.role ?? "editor" }, users: [],
    };
    socket.cursor = resumes ? version : this.head;
    // The stream stops before what has this id until the edit that the client sends again is answered.
    const inflight = resumes && searchParams.has("inflight") ? Number(searchParams.get("inflight")) : null;
    Object.assign(socket, { expected: inflight, disowned: null });
    const told = { version: socket.cursor, checksum: this.checksumAt(socket.cursor) };
    if (resumes) socket.push({ type: "document_resumed", ...told, ...common });
    else socket.push({ type: "document_state", ...told, content: this.#contentAt(this.head), diverged: version !== null, ...common });
    this.#stream();
  }

  /** Over the whole history up to a version; undefined of none. */
  checksumAt(version) {
    if (version === 0) return undefined;
    const entry = this.history[version - 1];
    entry.checksum ??= digest(JSON.stringify([this.checksumAt(version - 1), entry.operation, entry.clientId, entry.id]));
    return entry.checksum;
  }

  #contentAt(version) {
    return this.history.slice(0, version).reduce((content, { operation }) => this.type.apply(content, operation), this.start ?? this.type.create());
  }

  #client(clientId) {
    if (!this.clients.has(clientId)) this.clients.set(clientId, { lastId: 0, lastVersion: 0 });
    return this.clients.get(clientId);
  }

  receive(socket, frame) {
    if (frame.type === "ping") return socket.push({ type: "pong", timestamp: 0 });
    if (frame.type === "presence") return this.#presence(socket, frame);
    const error = this.refuse(frame, socket) ?? this.#edit(socket, frame);
    if (!AGAIN.has(error)) this.#answered(socket, frame.id, error);
    if (error) socket.push({ type: "error", id: frame.id, message: error, ...(typeof error === "string" ? { code: error } : error) });
    return undefined;
  }

  #answered(socket, id, error) {
    socket.disowned = error ? id : null;
    if (socket.expected === id) socket.expected = null;
    this.#stream();
  }

  #presence(socket, { cursor, data, version }) {
    const code = this.refusePresence();
    if (code) return socket.push({ type: "error", code, message: code });
    for (const other of this.connections.values()) {
      if (other !== socket) other.push({ type: "presence", client_id: socket.clientId, user_id: "u", cursor, data, version });
    }
    return undefined;
  }

  #edit(socket, { id, version, operation }) {
    const { type } = this;
    const client = this.#client(socket.clientId);
    const sent = JSON.stringify([version, type.normalize(operation)]);
    if (id <= client.lastId) {
      const index = this.history.findIndex((entry) => entry.clientId === socket.clientId && entry.id === id);
      if (this.history[index]?.sent !== sent) return "out_of_order";
      if (index + 1 <= socket.cursor) socket.push({ type: "ack", id, version: index + 1 });
      return null;
    }
    if (id !== client.lastId + 1 || version < client.lastVersion) return "out_of_order";
    if (version > this.head) return "version_ahead";
    for (const { operation: other } of this.history.slice(version)) operation = type.transform(operation, other, "right");
    if (!this.#fits(operation)) return "invalid_operation";
    this.content = type.apply(this.content, operation);
    this.history.push({ operation, clientId: socket.clientId, id, sent });
    Object.assign(client, { lastId: id, lastVersion: this.version });
    this.clock.set(() => this.#commit(this.epoch), this.commitDelay);
    return null;
  }

  #fits(operation) {
    const { type, content } = this;
    try {
      return isDeepStrictEqual(type.repair(content, operation), type.normalize(operation));
    } catch {
      return false;
    }
  }

  #commit(epoch) {
    if (epoch !== this.epoch) return;
    this.head = Math.min(this.head + 1, this.version);
    this.#stream();
  }

  #stream() {
    for (const socket of this.connections.values()) {
      while (socket.cursor < this.head) {
        const { operation, clientId, id } = this.history[socket.cursor];
        const isOwn = clientId === socket.clientId;
        if (isOwn && id === socket.expected) break;
        socket.cursor += 1;
        const told = { version: socket.cursor, checksum: this.checksumAt(socket.cursor) };
        if (isOwn && id !== socket.disowned) socket.push({ type: "ack", id, ...told });
        else socket.push({ type: "document_change", operation, client_id: clientId, user_id: "u", ...told });
      }
    }
  }
}

const digest = (text) => [...text].reduce((hash, letter) => (Math.imul(hash, 31) + letter.codePointAt(0)) >>> 0, 7);

/** The client's end; the two directions keep their order, each message has its own delay. */
class SimulatedSocket {
  #alive = true;
  #arrival = { up: 0, down: 0 };

  constructor(server, url) {
    Object.assign(this, { server, url });
    if (server.reachable) this.#later("up", () => this.#open());
    else this.#later("down", () => this.#closeHere(1006));
  }

  #open() {
    this.onopen?.({});
    this.server.join(this);
  }

  #later(direction, action) {
    const { clock, random, latency } = this.server;
    const at = Math.max(this.#arrival[direction], clock.now() + random() * latency);
    this.#arrival[direction] = at;
    clock.set(() => this.#alive && action(), at - clock.now());
  }

  send(text) {
    this.#later("up", () => this.server.receive(this, JSON.parse(text)));
  }

  push(frame) {
    const text = JSON.stringify(frame);
    this.#later("down", () => this.onmessage?.({ data: text }));
  }

  /** The connection breaks; what is on its way, in both directions, is lost. */
  end(code = 1006) {
    if (!this.#alive) return;
    this.#alive = false;
    this.#leave();
    this.server.clock.set(() => this.onclose?.({ code, reason: "" }), 0);
  }

  #closeHere(code) {
    this.#alive = false;
    this.onclose?.({ code, reason: "" });
  }

  /** Closed by the client: what it has sent still arrives, as on a real network. */
  close() {
    if (!this.#alive) return;
    this.#later("up", () => {
      this.#alive = false;
      this.#leave();
    });
  }

  #leave() {
    if (this.server.connections.get(this.clientId) === this) this.server.connections.delete(this.clientId);
  }
}
