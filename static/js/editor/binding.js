/**
 * Between CodeMirror and a shared document: what the user does goes out as operations, what others do
 * comes in as transactions that the own undo steps over.
 */

import { Annotation, EditorView, StateEffect, Transaction, ViewPlugin } from "../../vendor/codemirror.js";
import { changesOf, operationOf } from "../collab/ot/changes.js";

/** So many changes of others are shown before the next frame: each one more costs what all of them are. */
const MAX_GATHERED = 500;
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
 * @param {import("./incoming.js").Incoming} incoming
 */
export function collaboration(shared, incoming) {
  const follower = EditorView.updateListener.of((update) => {
    for (const transaction of update.transactions) {
      if (transaction.docChanged && !transaction.annotation(remote)) {
        send(shared, incoming, update.view, operationOfChanges(transaction.changes));
      }
    }
    if (update.docChanged || update.selectionSet || update.focusChanged) {
      const { anchor, head } = update.state.selection.main;
      shared.setCursor({ anchor: incoming.toContent(anchor), head: incoming.toContent(head) });
    }
  });
  return [follower, settling(incoming)];
}

/** What was held is shown once its lines are not composed in any more. */
function settling(incoming) {
  return ViewPlugin.define(
    (view) => ({
      timer: null,
      settle() {
        const lines = composedLines(view);
        if (lines === null || incoming.holdsBeside(lines)) show(view, incoming.releaseHeld());
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

function show(view, operation) {
  view.dispatch({ ...remoteTransaction(operation), effects: settled.of(null) });
}

function send(shared, incoming, view, operation) {
  let applied = null;
  try {
    applied = shared.edit(incoming.typed(operation));
  } catch (error) {
    console.error(error);
  }
  // A refused change, or a lone surrogate that was replaced: show what the document holds.
  const isExact = applied && operation.ops.every(({ insert }) => !insert || insert.isWellFormed());
  if (!isExact) queueMicrotask(() => agree(shared, incoming, view));
}

function agree(shared, incoming, view) {
  if (!incoming.isEmpty) show(view, incoming.release());
  const shown = view.state.doc.toString();
  if (shown === shared.content) return;
  view.dispatch(remoteTransaction(shared.type.difference(shown, shared.content)));
}

/**
 * Bring what others do into the view, once in a frame.
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {import("./incoming.js").Incoming} incoming
 * @param {import("../page/frame.js").Frame} frame
 * @param {() => EditorView} viewOf
 */
export function showRemote(shared, incoming, frame, viewOf) {
  let count = 0;
  const draw = frame.step(() => {
    count = 0;
    const shown = incoming.take(composedLines(viewOf()));
    if (!shared.type.isEmpty(shown)) viewOf().dispatch(remoteTransaction(shown));
  });
  shared.on("change", ({ operation, origin }) => {
    if (origin === "local") return;
    incoming.add(operation);
    draw();
    count += 1;
    if (count >= MAX_GATHERED) frame.run();
  });
}
