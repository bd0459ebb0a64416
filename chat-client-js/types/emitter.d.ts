/** Listeners by name. */
/**
 * @template {Record<string, any>} Events what is told, by its name
 */
export class Emitter<Events extends Record<string, any>> {
    /**
     * Calls `listener` from now on.
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {(told: Events[Name]) => void} listener
     * @returns {() => void} what takes it away again
     */
    on<Name extends keyof Events>(name: Name, listener: (told: Events[Name]) => void): () => void;
    /**
     * Tells every listener. One that throws keeps no other from hearing: its error is reported as uncaught.
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {Events[Name]} told
     */
    emit<Name extends keyof Events>(name: Name, told: Events[Name]): void;
    #private;
}
