/**
 * Pictures of documents. One from elsewhere is shown when the reader asks for it: whoever has put it into the document
 * would learn from it who reads it, and when.
 */

/** Addresses that the reader of this page has asked for. */
const asked = new Set();
const MAX_LABEL = 80;

/**
 * @param {string} address as the document has it
 * @returns {URL | null} of a picture that another server has
 */
function elsewhere(address) {
  try {
    const url = new URL(address, document.baseURI);
    return url.origin === location.origin || url.protocol === "data:" ? null : url;
  } catch {
    return null;
  }
}

/**
 * The element that shows a picture: itself, or a button that does.
 * @param {string} address
 * @param {{alt?: string, title?: string, width?: string, height?: string}} [options]
 * @returns {HTMLElement}
 */
export function pictureOf(address, options = {}) {
  const url = elsewhere(address);
  if (!url || asked.has(url.href)) return loaded(address, options);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "foreign-picture";
  button.dataset.testid = "foreign-picture";
  const host = url.host || "elsewhere";
  button.textContent = `${options.alt?.slice(0, MAX_LABEL) || "Picture"} (${host})`;
  button.title = `Show the picture: ${host} learns that you do`;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    asked.add(url.href);
    button.replaceWith(loaded(address, options));
  });
  return button;
}

function loaded(address, { alt = "", title, width, height }) {
  const image = document.createElement("img");
  image.alt = alt;
  image.loading = "lazy";
  image.referrerPolicy = "no-referrer";
  if (title) image.title = title;
  if (width) image.setAttribute("width", width);
  if (height) image.setAttribute("height", height);
  image.src = address;
  return image;
}
