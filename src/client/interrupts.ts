/** Signals that ask this process to end, counted from the moment on that this is made. */
export class Interrupts {
  readonly #signals: NodeJS.Signals[];
  readonly #waiting: Array<{ count: number; wake: () => void }> = [];
  #count = 0;

  constructor(signals: NodeJS.Signals[]) {
    this.#signals = signals;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  get count(): number {
    return this.#count;
  }

  /** Once there were so many, which may be already. */
  reaches(count: number): Promise<void> {
    if (this.#count >= count) return Promise.resolve();
    return new Promise((wake) => this.#waiting.push({ count, wake }));
  }

  close(): void {
    for (const signal of this.#signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    this.#count++;
    for (const { count, wake } of this.#waiting) if (this.#count >= count) wake();
  };
}
