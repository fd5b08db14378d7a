/** Says who has come and gone, to people who don't see the initials; not each key, and not who is here at first. */

/** So much is told in one sentence, and whoever comes back meanwhile was not away. */
const GATHER_MILLISECONDS = 3000;
const MAX_NAMES = 3;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLElement} announcer a live region
 */
export function announceComings(shared, announcer) {
  let told = null; // clientId → name, as it was when something was said last
  let timer = null;

  const say = () => {
    timer = null;
    // Without a connection all are away, and the page says so.
    if (!shared.status.connected) return;
    const here = namesOf(shared.users);
    const sentence = sentenceOf(told, here);
    told = here;
    if (sentence !== "") announcer.textContent = sentence;
  };

  shared.on("users", () => {
    if (!shared.status.connected) return;
    told ??= namesOf(shared.users);
    timer ??= setTimeout(say, GATHER_MILLISECONDS);
  });
}

const namesOf = (users) => new Map(users.map(({ clientId, name }) => [clientId, name]));

/**
 * @param {Map<string, string>} before
 * @param {Map<string, string>} after
 * @returns {string} such as "Ada is here. Bob and 4 others have left."; "" where nothing has changed
 */
export function sentenceOf(before, after) {
  const [came, left] = [without(after, before), without(before, after)];
  const sentences = [];
  if (came.length > 0) sentences.push(`${listOf(came)} ${came.length === 1 ? "is" : "are"} here.`);
  if (left.length > 0) sentences.push(`${listOf(left)} ${left.length === 1 ? "has" : "have"} left.`);
  return sentences.join(" ");
}

const without = (all, others) => [...all].filter(([clientId]) => !others.has(clientId)).map(([, name]) => name);

function listOf(names) {
  const shown = names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES - 1), `${names.length - MAX_NAMES + 1} others`] : names;
  return new Intl.ListFormat("en").format(shown);
}
