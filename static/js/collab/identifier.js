/**
 * A new random name, fit for `client_id`: 22 characters of `A-Z a-z 0-9 _ -`, 132 bits.
 * @param {() => number} [random] for tests; the default is the platform's secure source
 */
export function newIdentifier(random) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const bytes = random
    ? Uint8Array.from({ length: 22 }, () => random() * 256)
    : crypto.getRandomValues(new Uint8Array(22));
  return Array.from(bytes, (byte) => alphabet[byte & 63]).join("");
}
