/** The few icons of the pages: 20 by 20, drawn with the text's colour. Editors add theirs (`editor_icons.js`). */

export const PATHS = {
  moon: "M15.5 11.8A6.3 6.3 0 0 1 8.2 4.5a6.3 6.3 0 1 0 7.3 7.3Z",
  sun: "M10 6.7a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6ZM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M4.3 15.7l1.2-1.2M14.5 5.5l1.2-1.2",
  document: "M5.5 3h6L15 6.5V17H5.5zM11.3 3v3.7H15M8 10h4.5M8 13h4.5",
  text: "M5.5 3h6L15 6.5V17H5.5zM11.3 3v3.7H15M8 10h4.5M8 13h4.5",
  richtext: "M4.5 5.5V4h11v1.5M10 4v12M8 16h4",
  json: "M3.5 5l1.3 1.3L7 4M3.5 11l1.3 1.3L7 10M10 5.5h6.5M10 11.5h6.5M10 16h4",
  remove: "M5 5l10 10M15 5L5 15",
  plus: "M10 5v10M5 10h10",
};

const SVG = "http://www.w3.org/2000/svg";

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
