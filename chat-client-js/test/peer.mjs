/** A connection between devices that is none: it keeps what it is told, and connects when both sides are described. */
export class FakePeer {
  static all = [];

  constructor(config) {
    Object.assign(this, { config, tracks: [], candidates: [], local: null, remote: null, connectionState: 'new' });
    this.closed = false;
    FakePeer.all.push(this);
  }

  addTrack(track) {
    this.tracks.push(track);
  }

  async createOffer() {
    return { type: 'offer', sdp: 'v=0\r\nm=audio 9\r\nm=video 9\r\n' };
  }

  async createAnswer() {
    if (!this.remote) throw new Error('an answer to nothing');
    return { type: 'answer', sdp: 'v=0\r\nm=audio 9\r\n' };
  }

  async setLocalDescription(description) {
    this.local = description;
    setTimeout(() => [0, 1].forEach((n) => this.onicecandidate?.({ candidate: { candidate: `candidate:${n}`, sdpMid: '0', sdpMLineIndex: 0 } })));
    this.#both();
  }

  async setRemoteDescription(description) {
    this.remote = description;
    const stream = { id: 'remote' };
    this.ontrack?.({ streams: [stream] });
    this.#both();
  }

  async addIceCandidate(candidate) {
    if (!this.remote) throw new Error('a candidate before the description');
    this.candidates.push(candidate);
  }

  close() {
    this.closed = true;
  }

  move(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  #both() {
    if (this.local && this.remote) queueMicrotask(() => this.move('connected'));
  }
}

/** A stream of so many tracks. */
export function stream(...kinds) {
  return { getTracks: () => kinds.map((kind) => ({ kind })) };
}
