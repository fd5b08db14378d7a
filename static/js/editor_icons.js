/** The icons that only editors have, which the list of documents does not load. */

import { PATHS } from "./icons.js";

export { icon } from "./icons.js";

Object.assign(PATHS, {
  preview: "M3.2 4.5h13.6v11H3.2zM10 4.5v11M12.3 8h2.2M12.3 10.5h2.2",
  link: "M8.3 11.7a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3L9.6 6.1M11.7 8.3a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l1.3-1.3",
  image: "M3.5 4.5h13v11h-13zM3.5 13l3.5-3.5 3 3 2.5-2 4 3.5M12.8 7.7v.01",
  undo: "M7.5 4.5 4 8l3.5 3.5M4.3 8H12a4 4 0 0 1 0 8H9",
  redo: "M12.5 4.5 16 8l-3.5 3.5M15.7 8H8a4 4 0 0 0 0 8h3",
  minus: "M5 10h10",
  up: "M5 12.5l5-5 5 5",
  down: "M5 7.5l5 5 5-5",
  grip: "M7.5 5v.01M7.5 10v.01M7.5 15v.01M12.5 5v.01M12.5 10v.01M12.5 15v.01",
});
