/** Colours of letters and of what is behind them, as variables: the style sheet keeps both readable, light and dark. */

import { Quill } from "../../vendor/quill.js";

const { Scope, StyleAttributor } = Quill.import("parchment");

class Variable extends StyleAttributor {
  add(node, value) {
    node.style.setProperty(this.keyName, value);
    return true;
  }

  remove(node) {
    node.style.removeProperty(this.keyName);
    if (!node.getAttribute("style")) node.removeAttribute("style");
  }

  value(node) {
    return node.style.getPropertyValue(this.keyName);
  }
}

export function registerColors() {
  Quill.register("formats/color", new Variable("color", "--ink", { scope: Scope.INLINE }), true);
  Quill.register("formats/background", new Variable("background", "--marker", { scope: Scope.INLINE }), true);
}
