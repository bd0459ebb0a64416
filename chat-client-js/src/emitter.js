/** Listeners by name. */

/**
 * @template {Record<string, any>} Events what is told, by its name
 */
export class Emitter {
  /** @type {Map<PropertyKey, Set<(told: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls `listener` from now on.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {(told: Events[Name]) => void} listener
   * @returns {() => void} what takes it away again
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Tells every listener. One that throws keeps no other from hearing: its error is reported as uncaught.
   * @template {keyof Events} Name
   * @param {Name} name
   * @param {Events[Name]} told
   */
  emit(name, told) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(told);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
