/** Everyone else's cursors and selections, in their colours. */

import { Decoration, EditorView, StateEffect, StateField, ViewPlugin, WidgetType } from "../../vendor/codemirror.js";
import { colorOf } from "../page/color.js";
import { settled } from "./binding.js";

const setCursors = StateEffect.define();
/** How long a name stays beside a cursor that has moved. */
const NAME_MILLISECONDS = 2500;

class Caret extends WidgetType {
  constructor(clientId, name, color, isFresh) {
    super();
    Object.assign(this, { clientId, name, color, isFresh });
  }

  eq(other) {
    return ["clientId", "name", "color", "isFresh"].every((key) => this[key] === other[key]);
  }

  toDOM() {
    const caret = document.createElement("span");
    caret.className = this.isFresh ? "remote-caret fresh" : "remote-caret";
    caret.dataset.testid = "remote-cursor";
    caret.dataset.clientId = this.clientId;
    caret.style.setProperty("--person", this.color);
    // Shown by the style sheet, so that it is no part of the line's text.
    caret.dataset.name = this.name;
    return caret;
  }

  ignoreEvent() {
    return true;
  }
}

const field = StateField.define({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) if (effect.is(setCursors)) return effect.value;
    return decorations.map(transaction.changes);
  },
  provide: (own) => EditorView.decorations.from(own),
});

function decorationsOf(users, length, held, isFresh) {
  const ranges = [];
  for (const { clientId, name, color: given, cursor } of users) {
    if (!cursor) continue;
    const color = colorOf(given);
    const [anchor, head] = [cursor.anchor, cursor.head].map((offset) => Math.min(held.toShown(offset), length));
    const selection = Decoration.mark({ class: "remote-selection", attributes: { style: `--person: ${color}` } });
    if (anchor !== head) ranges.push(selection.range(Math.min(anchor, head), Math.max(anchor, head)));
    const caret = new Caret(clientId, name, color, isFresh(clientId));
    ranges.push(Decoration.widget({ widget: caret, side: 1 }).range(head));
  }
  return Decoration.set(ranges, true);
}

/**
 * The extension; it follows `shared.users`.
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {import("./held.js").Held} held
 */
export function remoteCursors(shared, held) {
  const follower = ViewPlugin.define((view) => {
    const moved = new Map(); // clientId → the timer that takes its name away
    let planned = false;
    let open = true;

    const draw = () => {
      planned = false;
      if (!open) return;
      const decorations = decorationsOf(shared.users, view.state.doc.length, held, (clientId) => moved.has(clientId));
      view.dispatch({ effects: setCursors.of(decorations) });
    };
    // Never within an update of the view: one drawing for all that happens in one turn.
    const plan = () => {
      if (planned) return;
      planned = true;
      queueMicrotask(draw);
    };
    const noteMove = (clientId) => {
      clearTimeout(moved.get(clientId));
      moved.set(clientId, setTimeout(() => (moved.delete(clientId), plan()), NAME_MILLISECONDS));
      plan();
    };

    const removers = [
      shared.on("presence", ({ client_id: clientId }) => noteMove(clientId)),
      shared.on("users", plan),
      shared.on("change", ({ origin, clientId }) => (origin === "remote" ? noteMove(clientId) : plan())),
    ];
    plan();
    return {
      update({ transactions }) {
        if (transactions.some(({ effects }) => effects.some((effect) => effect.is(settled)))) plan();
      },
      destroy() {
        open = false;
        removers.forEach((remove) => remove());
        moved.forEach((timer) => clearTimeout(timer));
      },
    };
  });
  return [field, follower];
}
