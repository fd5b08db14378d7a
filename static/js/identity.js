/** Who this person is, where the server takes their word for it: a stable id and a name. */

import { newIdentifier } from "./collab/identifier.js";
import { recall, recallOrMake, remember } from "./memory.js";
import { cleanText } from "./text.js";

const MAX_NAME = 100;

const ADJECTIVES = ["Amber", "Blue", "Calm", "Coral", "Green", "Lilac", "Quiet", "Silver", "Swift", "Warm"];
const ANIMALS = ["Badger", "Finch", "Fox", "Hare", "Heron", "Lynx", "Otter", "Owl", "Seal", "Wren"];

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** One for all tabs: under it they keep what is unsaved, and find what another one has left. */
export const userId = () => recallOrMake("collab-user-id", newIdentifier);

export function userName() {
  const known = recall("collab-name");
  if (known) return known;
  const made = `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
  remember("collab-name", made);
  return made;
}

/** At most 100 characters that the server takes; empty if nothing is left. */
export const cleanName = (name) => cleanText(name, MAX_NAME);

export const setUserName = (name) => remember("collab-name", name);
