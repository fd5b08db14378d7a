/**
 * What one undo takes back: the inverses of some edits, in chunks of about the same size, since to compose
 * all of them with each new one would take the square of their number.
 */

const TOGETHER = 32;

export class UndoStep {
  /** Each {operation, count}; the last one applies to the content as it is, the one before to what that makes. */
  #chunks;

  constructor(chunks = []) {
    this.#chunks = chunks;
  }

  /** The inverse of one more edit. */
  add(type, operation) {
    const chunks = this.#chunks;
    chunks.push({ operation, count: 1 });
    while (chunks.length > 1 && isTime(chunks.at(-2), chunks.at(-1))) {
      const [earlier, later] = chunks.splice(-2);
      chunks.push({
        operation: type.compose(later.operation, earlier.operation),
        count: earlier.count + later.count,
      });
    }
    return this;
  }

  isEmpty(type) {
    return this.#chunks.every(({ operation }) => type.isEmpty(operation));
  }

  /** All of it. */
  operation(type) {
    const operations = this.#chunks.map(({ operation }) => operation);
    return operations.reduce((earlier, later) => type.compose(later, earlier));
  }

  /**
   * @param {object} change of the content as it is
   * @returns {[UndoStep, object]} the step after it, and the change as it is after the step
   * @throws {RangeError} they do not go together
   */
  crossing(type, change) {
    const moved = [];
    for (const { operation, count } of [...this.#chunks].reverse()) {
      moved.unshift({ operation: type.transform(operation, change, "right"), count });
      change = type.transform(change, operation, "left");
    }
    return [new UndoStep(moved), change];
  }
}

const isTime = (earlier, later) => earlier.count + later.count <= TOGETHER || later.count >= earlier.count;
