/** An end that a person can do something about: printed as its sentence alone, without a stack. */
export class Stop extends Error {
  /**
   * @param {string} message what is wrong and what to do
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = "Stop";
    this.exitCode = exitCode;
  }
}
