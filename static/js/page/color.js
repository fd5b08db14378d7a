/** A person's colour, as the server gives it. */

const COLOR = /^#[0-9a-f]{6}$/i;
const FALLBACK = "#6b7280";

export const colorOf = (color) => (COLOR.test(color) ? color : FALLBACK);
