export class Marks {
    /** @param {(kind: MarkKind, id: ConversationId, seq: Seq) => Promise<boolean>} tell whether it must be told again */
    constructor(tell: (kind: MarkKind, id: ConversationId, seq: Seq) => Promise<boolean>);
    tell: (kind: MarkKind, id: ConversationId, seq: Seq) => Promise<boolean>;
    /**
     * @param {MarkKind} kind
     * @param {ConversationId} id
     * @param {Seq} seq
     */
    set(kind: MarkKind, id: ConversationId, seq: Seq): void;
    live(): void;
    lost(): void;
    #private;
}
export type MarkKind = "delivered" | "read";
import type { ConversationId } from '../types/wire.js';
import type { Seq } from '../types/wire.js';
