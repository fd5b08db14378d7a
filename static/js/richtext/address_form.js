/** A small form above the text that asks for an address, of a link or of a picture. */

export class AddressForm {
  #range = null;
  #question = null;

  /**
   * @param {HTMLFormElement} form
   * @param {import("../../vendor/quill.js").Quill} quill
   */
  constructor(form, quill) {
    Object.assign(this, { form, quill });
    this.label = form.querySelector("label");
    this.input = form.querySelector("input");
    this.remove = form.querySelector("[data-action=remove]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(this.input.value.trim());
    });
    this.remove.addEventListener("click", () => this.#answer(""));
    form.querySelector("[data-action=cancel]").addEventListener("click", () => this.#close());
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#close();
    });
    // Others write meanwhile.
    quill.on("text-change", (delta) => {
      if (!this.#range) return;
      const { index, length } = this.#range;
      const start = delta.transformPosition(index);
      this.#range = { index: start, length: Math.max(0, delta.transformPosition(index + length) - start) };
    });
  }

  /**
   * @param {{index: number, length: number}} range what it is for
   * @param {object} question
   * @param {string} question.label
   * @param {string} [question.value] the address that is there
   * @param {(address: string, range: {index: number, length: number}) => boolean} question.take whether it is
   *   one that can be taken; empty: none is wanted
   */
  ask(range, question) {
    this.#range = range;
    this.#question = question;
    this.label.textContent = question.label;
    this.input.value = question.value ?? "";
    this.remove.hidden = !question.value;
    this.form.hidden = false;
    this.input.focus();
    this.input.select();
  }

  #answer(address) {
    if (!this.quill.isEnabled()) return this.#close();
    const isTaken = this.#question.take(address, this.#range);
    this.input.setAttribute("aria-invalid", String(!isTaken));
    if (isTaken) this.#close();
  }

  #close() {
    const range = this.#range;
    this.#range = this.#question = null;
    this.input.removeAttribute("aria-invalid");
    this.form.hidden = true;
    this.quill.focus();
    if (range) this.quill.setSelection(range.index + range.length, 0, "user");
  }
}
