/**
 * Between CodeMirror and a shared document: what the user does goes out as operations, what others do
 * comes in as transactions that the own undo steps over.
 */

import { Annotation, EditorView, Transaction } from "../../vendor/codemirror.js";
import { changesOf, operationOf } from "../collab/ot/changes.js";

export const remote = Annotation.define();

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

/** The extension that sends what the user does, and tells where the cursor is. */
export function collaboration(shared) {
  return EditorView.updateListener.of((update) => {
    for (const transaction of update.transactions) {
      if (transaction.docChanged && !transaction.annotation(remote)) {
        send(shared, update.view, operationOfChanges(transaction.changes));
      }
    }
    if (update.docChanged || update.selectionSet || update.focusChanged) {
      const { anchor, head } = update.state.selection.main;
      shared.setCursor({ anchor, head });
    }
  });
}

function send(shared, view, operation) {
  let applied = null;
  try {
    applied = shared.edit(operation);
  } catch (error) {
    console.error(error);
  }
  // A refused change, or a lone surrogate that was replaced: show what the document holds.
  const isExact = applied && operation.ops.every(({ insert }) => !insert || insert.isWellFormed());
  if (!isExact) queueMicrotask(() => agree(shared, view));
}

function agree(shared, view) {
  const shown = view.state.doc.toString();
  if (shown === shared.content) return;
  view.dispatch(remoteTransaction(shared.type.difference(shown, shared.content)));
}

/** Bring what others do into `view`. */
export function showRemote(shared, view) {
  return shared.on("change", ({ operation, origin }) => {
    if (origin !== "local") view.dispatch(remoteTransaction(operation));
  });
}
