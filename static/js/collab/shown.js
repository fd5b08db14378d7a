/**
 * The content as the user sees it. Changes one after the other are made to one draft where the type has
 * drafts: to copy a wide object for each of them would take the square of their number. What was given
 * out is never changed, so that the next change after somebody has looked takes a copy.
 */

/** So many changes are made to one draft: what they were made on has to be found again. */
const MAX_CHANGES = 500;

export class Shown {
  #base;
  #draft = null;
  #changes = []; // from #base to the draft

  constructor(type, content) {
    this.type = type;
    this.#base = content;
  }

  get content() {
    if (this.#draft) this.#settle(this.#draft.content);
    return this.#base;
  }

  #settle(content) {
    this.#base = content;
    this.#draft = null;
    this.#changes = [];
  }

  /** @returns {() => any} gives the content as it is now, whenever it is asked for */
  moment() {
    const { type } = this;
    const [base, changes, count] = [this.#base, this.#changes, this.#changes.length];
    if (count === 0) return () => base;
    let found;
    return () => (found ??= { content: contentAfter(type, base, changes.slice(0, count)) }).content;
  }

  /**
   * A local change.
   * @returns {object} the operation as it was applied
   * @throws {RangeError} it does not fit; the content is as it was
   */
  repair(operation) {
    const { type } = this;
    if (type.draft) return this.#change((draft) => draft.repair(operation));
    const repaired = type.repair(this.#base, operation);
    this.#base = type.apply(this.#base, repaired);
    return repaired;
  }

  /** @throws {RangeError} it does not fit; the content is as it was */
  apply(operation) {
    const { type } = this;
    if (type.draft) this.#change((draft) => (draft.apply(operation), operation));
    else this.#base = type.apply(this.#base, operation);
  }

  #change(made) {
    if (this.#changes.length >= MAX_CHANGES) this.#settle(this.#draft.content);
    this.#draft ??= this.type.draft(this.#base);
    try {
      const operation = made(this.#draft);
      this.#changes.push(operation);
      return operation;
    } catch (error) {
      // Some of it may be in the draft.
      this.#settle(contentAfter(this.type, this.#base, this.#changes));
      throw error;
    }
  }
}

function contentAfter(type, base, changes) {
  const draft = type.draft(base);
  for (const change of changes) draft.apply(change);
  return draft.content;
}
