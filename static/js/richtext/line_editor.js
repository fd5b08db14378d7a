/**
 * What Quill knows of its content, kept by lines. Quill itself joins the whole content for each change, a line at
 * a time, and compares all of it with what it was: that takes the square of the lines. It keeps the Delta of a line
 * until the line changes, so here the lines that are the same objects as before are left out of it.
 */

import { Quill } from "../../vendor/quill.js";
import { same } from "../collab/ot/same.js";

const Delta = Quill.import("delta");
const { LeafBlot } = Quill.import("parchment");
const { AttributeMap } = Delta;

/** So many are put in in another way than a few. */
const LINES = 20;

/** @param {Quill} quill that has shown nothing yet */
export function keepByLines(quill) {
  const LineEditor = editorOn(quill.editor.constructor);
  quill.editor = new LineEditor(quill.scroll);
  keepChildrenFound(quill.scroll);
  checkNewChildren(quill.scroll);
}

const editorOn = (Editor) =>
  class LineEditor extends Editor {
    #lines;
    #lengths;

    constructor(scroll) {
      super(scroll);
      this.#lines = deltasOf(scroll);
      this.#lengths = this.#lines.map(lengthOf);
    }

    /** All of it; it is joined when it is looked into. */
    get delta() {
      return joinedLater(this.#lines);
    }

    /** Quill's own constructor sets it. */
    set delta(_whole) {}

    getContents(index, length) {
      const end = index + length;
      let [first, start] = [0, 0];
      while (first < this.#lines.length && start + this.#lengths[first] <= index) start += this.#lengths[first++];
      let [last, reach] = [first, start];
      while (last < this.#lines.length && reach < end) reach += this.#lengths[last++];
      return joined(this.#lines.slice(first, last)).slice(index - start, end - start);
    }

    /**
     * Quill looks through all lines several times for each component. What is put in and taken away within lines is
     * done on one way through them, and many lines that are put in at one place are made there, before the rest of the
     * change is made.
     */
    applyDelta(change) {
      if (change.ops.every(isWithinLine)) return this.#changeWithinLines(change) ?? super.applyDelta(change);
      const { inserts, rest } = apart(change);
      if (inserts.length === 0) return super.applyDelta(change);
      this.scroll.update();
      const made = inserts.map(({ offset, contents }) => this.insertContents(offset, contents));
      if (rest.ops.length > 0) made.push(super.applyDelta(rest));
      return made.reduce((first, second) => first.compose(second));
    }

    /** @returns {Delta | null} null: nothing was done, since something goes from one line to another */
    #changeWithinLines(change) {
      const { scroll } = this;
      scroll.update();
      const parts = partsOf(scroll, change.ops);
      if (!parts) return null;
      scroll.batchStart();
      // From behind, so that what is done leaves the offsets of the others as they are.
      for (const { line, offset, op } of parts.reverse()) {
        if (op.delete) line.deleteAt(offset, op.delete);
        else insertText(line, offset, op);
      }
      scroll.batchEnd();
      scroll.optimize();
      return this.update(change);
    }

    /**
     * The DOM has changed.
     * @param {Delta | null} change what was done, as far as that is known
     * @param {MutationRecord[]} [_mutations]
     * @param {{oldRange: object, newRange: object}} [selection] tells which of two equal characters was typed
     * @returns {Delta} what has changed
     */
    update(change, _mutations, selection) {
      const [before, now] = [this.#lines, deltasOf(this.scroll)];
      const least = Math.min(before.length, now.length);
      let start = 0;
      while (start < least && before[start] === now[start]) start += 1;
      let end = 0;
      while (end < least - start && before.at(-1 - end) === now.at(-1 - end)) end += 1;
      const [old, fresh] = [before, now].map((lines) => joined(lines.slice(start, lines.length - end)));
      const offset = sum(this.#lengths, start);
      const renewed = now.slice(start, now.length - end).map(lengthOf);
      this.#lines = now;
      this.#lengths = [...this.#lengths.slice(0, start), ...renewed, ...this.#lengths.slice(before.length - end)];
      if (change && leadsTo(change, offset, old, fresh)) return change;
      return new Delta().retain(offset).concat(old.diff(fresh, selection && moved(selection, -offset))).chop();
    }
  };

const isWithinLine = ({ retain, insert, attributes }) =>
  insert === undefined ? attributes === undefined && typeof retain !== "object" : typeof insert === "string" && !/[\r\n]/.test(insert);

/**
 * Where components put something in or take it away.
 * @returns {{line: object, offset: number, op: object}[] | null} null: not all within one line each
 */
function partsOf(scroll, ops) {
  const lines = linesIn(scroll);
  const parts = [];
  let line = lines.next().value;
  let offset = 0; // in the line, as it is before the change
  const advance = (count) => {
    for (offset += count; line && offset >= line.length(); line = lines.next().value) offset -= line.length();
  };
  for (const op of ops) {
    if (!line?.children) return null;
    if (op.retain) advance(op.retain);
    else if (op.insert) parts.push({ line, offset, op });
    else {
      // Without the newline at its end.
      if (offset + op.delete >= line.length()) return null;
      parts.push({ line, offset, op });
      offset += op.delete;
    }
    if (op.retain && !line?.children) return null;
  }
  return parts;
}

function* linesIn(parent) {
  for (let child = parent.children.head; child; child = child.next) {
    if (typeof child.delta === "function") yield child;
    else if (child.children) yield* linesIn(child);
  }
}

function insertText(line, offset, { insert, attributes = {} }) {
  line.insertAt(offset, insert);
  const [leaf] = line.descendant(LeafBlot, offset);
  const change = leaf ? AttributeMap.diff(inlineFormats(leaf), attributes) : attributes;
  for (const [name, value] of Object.entries(change ?? {})) line.formatAt(offset, insert.length, name, value);
}

/** What a piece of a line has of formats, as Quill joins it. */
function inlineFormats(leaf) {
  let formats = {};
  for (let blot = leaf; blot && blot.statics.scope === leaf.statics.scope; blot = blot.parent) {
    if (typeof blot.formats === "function") formats = { ...formats, ...blot.formats() };
  }
  return formats;
}

/**
 * A change as two that follow each other.
 * @returns {{inserts: {offset: number, contents: Delta}[], rest: Delta}} what it puts in of many lines, each where it is
 *   once those before it are in; and all else
 */
function apart({ ops }) {
  const inserts = [];
  const rest = new Delta();
  let offset = 0;
  for (let index = 0; index < ops.length; ) {
    if (ops[index].insert === undefined) {
      const length = lengthOfOp(ops[index]);
      offset += length;
      rest.push(ops[index]);
      index += 1;
      continue;
    }
    let end = index;
    while (ops[end]?.insert !== undefined) end += 1;
    const contents = new Delta(ops.slice(index, end));
    if (isLong(contents)) {
      inserts.push({ offset, contents });
      offset += contents.length();
      rest.retain(contents.length());
    } else contents.ops.forEach((op) => rest.push(op));
    index = end;
  }
  return { inserts, rest: rest.chop() };
}

const lengthOfOp = ({ retain, delete: removed }) => removed ?? (typeof retain === "number" ? retain : 1);

/** Whether inserts are of many lines. */
function isLong({ ops }) {
  let lines = 0;
  for (const { insert } of ops) {
    for (let at = -1; typeof insert === "string" && lines < LINES && (at = insert.indexOf("\n", at + 1)) >= 0; ) lines += 1;
  }
  return lines >= LINES;
}

/** The Deltas of all lines, each the same object as long as its line is as it was. */
function deltasOf(parent, deltas = []) {
  for (let child = parent.children.head; child; child = child.next) {
    if (typeof child.delta === "function") deltas.push(child.delta());
    else if (child.children) deltasOf(child, deltas);
  }
  return deltas;
}

const lengthOf = (delta) => delta.length();

function sum(lengths, count) {
  let all = 0;
  for (let index = 0; index < count; index += 1) all += lengths[index];
  return all;
}

function joined(lines) {
  const ops = [];
  for (const line of lines) {
    for (const op of line.ops) {
      const last = ops.at(-1);
      const isText = typeof last?.insert === "string" && typeof op.insert === "string";
      if (isText && same(last.attributes, op.attributes)) ops[ops.length - 1] = { ...last, insert: last.insert + op.insert };
      else ops.push(op);
    }
  }
  return new Delta(ops);
}

function joinedLater(lines) {
  let ops = null;
  return Object.create(Delta.prototype, {
    ops: { get: () => (ops ??= joined(lines).ops), set: (other) => (ops = other), enumerable: true },
  });
}

/** Whether a change makes `fresh` of `old`, which begins at `offset`, and leaves all before it alone. */
function leadsTo(change, offset, old, fresh) {
  const [first] = change.ops;
  const isBefore = offset > 0 && !(first?.retain >= offset && first.attributes === undefined);
  return !isBefore && same(old.compose(withoutStart(change, offset)).ops, fresh.ops);
}

function withoutStart(change, offset) {
  if (offset === 0) return change;
  const [{ retain }, ...rest] = change.ops;
  return new Delta(retain > offset ? [{ retain: retain - offset }, ...rest] : rest);
}

const moved = ({ oldRange, newRange }, by) => ({
  oldRange: { index: oldRange.index + by, length: oldRange.length },
  newRange: { index: newRange.index + by, length: newRange.length },
});

/** Quill looks through all children of the text for each that it puts in. */
function keepChildrenFound(scroll) {
  const { children } = scroll;
  children.contains = (blot) => blot.parent === scroll && (blot === children.head || blot.prev?.next === blot);
}

/** Quill looks several times for each change whether the text has a child that it must not have: none gets in unseen. */
function checkNewChildren(scroll) {
  const { children, enforceAllowedChildren } = scroll;
  const { insertBefore } = children;
  let hasNew = true;
  children.insertBefore = function (...given) {
    hasNew = true;
    return insertBefore.apply(this, given);
  };
  scroll.enforceAllowedChildren = function () {
    if (!hasNew) return;
    // What it puts right, it puts in.
    hasNew = false;
    enforceAllowedChildren.call(this);
  };
}
