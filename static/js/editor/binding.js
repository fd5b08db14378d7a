/**
 * Between CodeMirror and a shared document: what the user does goes out as operations, what others do
 * comes in as transactions that the own undo steps over.
 */

import { Annotation, EditorView, StateEffect, Transaction, ViewPlugin } from "../../vendor/codemirror.js";
import { changesOf, operationOf } from "../collab/ot/changes.js";

/** CodeMirror reads the last of a composed word up to 20 ms after its composition has ended. */
const READ_MILLISECONDS = 30;

export const remote = Annotation.define();

/** A composition has come to its end, and what waited for that is shown. */
export const settled = StateEffect.define();

/** The transaction that brings an operation of the document into the editor. */
export const remoteTransaction = (operation) => ({
  changes: changesOf(operation),
  annotations: [remote.of(true), Transaction.addToHistory.of(false)],
});

/** A CodeMirror ChangeSet as an operation. */
export function operationOfChanges(changeSet) {
  const changes = [];
  changeSet.iterChanges((from, to, _fromB, _toB, inserted) =>
    changes.push({ from, to, insert: inserted.sliceString(0, undefined, "\n") }),
  );
  return operationOf(changes);
}

/** The lines in which an input method composes; null while none does. */
export function composedLines({ compositionStarted, state: { doc, selection } }) {
  if (!compositionStarted) return null;
  return { from: doc.lineAt(selection.main.from).from, to: doc.lineAt(selection.main.to).to };
}

/**
 * The extension that sends what the user does, and tells where the cursor is.
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {import("./held.js").Held} held
 */
export function collaboration(shared, held) {
  const follower = EditorView.updateListener.of((update) => {
    for (const transaction of update.transactions) {
      if (transaction.docChanged && !transaction.annotation(remote)) {
        send(shared, held, update.view, operationOfChanges(transaction.changes));
      }
    }
    if (update.docChanged || update.selectionSet || update.focusChanged) {
      const { anchor, head } = update.state.selection.main;
      shared.setCursor({ anchor: held.toContent(anchor), head: held.toContent(head) });
    }
  });
  return [follower, settling(held)];
}

/** What was held is shown once its lines are not composed in any more. */
function settling(held) {
  return ViewPlugin.define(
    (view) => ({
      timer: null,
      settle() {
        const lines = composedLines(view);
        if (lines === null || !(held.isEmpty || held.touches(lines))) showHeld(view, held);
      },
      settleSoon() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.settle(), READ_MILLISECONDS);
      },
      destroy() {
        clearTimeout(this.timer);
      },
    }),
    {
      eventObservers: {
        compositionstart() {
          this.settleSoon();
        },
        compositionend() {
          this.settleSoon();
        },
      },
    },
  );
}

function showHeld(view, held) {
  view.dispatch({ ...remoteTransaction(held.release()), effects: settled.of(null) });
}

function send(shared, held, view, operation) {
  let applied = null;
  try {
    applied = shared.edit(held.typed(operation));
  } catch (error) {
    console.error(error);
  }
  // A refused change, or a lone surrogate that was replaced: show what the document holds.
  const isExact = applied && operation.ops.every(({ insert }) => !insert || insert.isWellFormed());
  if (!isExact) queueMicrotask(() => agree(shared, held, view));
}

function agree(shared, held, view) {
  if (!held.isEmpty) showHeld(view, held);
  const shown = view.state.doc.toString();
  if (shown === shared.content) return;
  view.dispatch(remoteTransaction(shared.type.difference(shown, shared.content)));
}

/** Bring what others do into `view`. */
export function showRemote(shared, held, view) {
  return shared.on("change", ({ operation, origin }) => {
    if (origin === "local") return;
    const shown = held.take(operation, composedLines(view));
    if (!shared.type.isEmpty(shown)) view.dispatch(remoteTransaction(shown));
  });
}
