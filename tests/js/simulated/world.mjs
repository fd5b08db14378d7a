/** One server and any number of editors on one clock. */

import { connect, getType } from "../../../static/js/collab/index.js";
import { FakeClock } from "./clock.mjs";
import { seeded } from "./random.mjs";
import { SimulatedServer } from "./server.mjs";

export function world({ seed = 1, latency = 1, docType = "text", content = getType(docType).create() } = {}) {
  const clock = new FakeClock();
  const random = seeded(seed);
  const server = new SimulatedServer(clock, random, { latency, docType });
  server.start = server.content = content;
  const open = (options = {}) =>
    connect({ url: "http://server/", docId: "d", docType, userId: "u", WebSocket: server.WebSocket, events: null, clock, random, ...options });
  return { clock, random, server, open };
}

/** An editor that has its content. */
export async function opened(here, options) {
  const editor = here.open(options);
  await here.clock.advance(5);
  return editor;
}
