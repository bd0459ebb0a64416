/** Calls: what rings, and what one sees while a call is on. */
import { Calls } from '/client/calls.js';
import { userName } from '/client/store.js';
import { announce, avatar, el, iconButton } from './dom.js';

/** How long the end of a call is shown, in milliseconds. */
const LINGERS = 2_500;

const STATES = { calling: 'Calling…', ringing: 'Ringing…', connecting: 'Connecting…' };

const ENDS = {
  ended: 'The call has ended.', declined: 'The call was declined.', busy: 'Busy in another call.', unanswered: 'Nobody answered.',
  failed: 'The call could not be connected.', elsewhere: 'Taken on another device.',
};

/** Why there is no microphone or camera, in words. */
function excuse(problem) {
  if (problem?.name === 'NotAllowedError') return 'This page may not use the microphone or the camera.';
  if (problem?.name === 'NotFoundError') return 'There is no microphone or no camera.';
  return problem?.name === 'NotReadableError' ? 'The microphone or the camera is in use elsewhere.' : 'Calls need a page opened over HTTPS.';
}

function lasted(since) {
  const seconds = Math.floor((Date.now() - since) / 1_000);
  const two = (number) => String(number).padStart(2, '0');
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** Rings, where the page may be heard, until it is told to stop. */
function bell() {
  const sound = new AudioContext();
  const volume = sound.createGain();
  volume.connect(sound.destination);
  volume.gain.value = 0;
  const tones = [440, 554].map((frequency) => new OscillatorNode(sound, { frequency }));
  tones.forEach((tone) => {
    tone.connect(volume);
    tone.start();
  });
  // Before the first click on it a page is not heard: then its clock stands.
  const ring = () => sound.state === 'running' && volume.gain.setValueCurveAtTime([0, 0.06, 0.06, 0, 0.06, 0.06, 0], sound.currentTime, 1);
  const again = setInterval(ring, 2_500);
  sound.onstatechange = ring;
  return () => {
    clearInterval(again);
    void sound.close();
  };
}

export function createCalls(app) {
  const { state } = app;
  const calls = new Calls(app.chat);
  const who = (call) => userName(state, call.peer);
  const face = (call) => avatar(who(call), call.peer, { url: state.users.get(call.peer)?.avatar_url });
  let caller = null;
  calls.on('incoming', ring);

  /** A microphone, and a camera if it is there and wanted. */
  async function devices(video) {
    const media = navigator.mediaDevices;
    if (!media) throw new DOMException('not a secure page', 'SecurityError');
    if (!video) return media.getUserMedia({ audio: true });
    return media.getUserMedia({ audio: true, video: true }).catch((problem) => {
      if (problem.name !== 'NotFoundError') throw problem;
      return media.getUserMedia({ audio: true });
    });
  }

  /** Calls the other side of a direct conversation. */
  async function begin(conversation, peer, video) {
    if (calls.current || !peer) return;
    try {
      const stream = await devices(video);
      if (calls.current) return stop(stream);
      panel(calls.call(conversation, peer, stream), stream, video);
    } catch (problem) {
      notice(excuse(problem));
    }
  }

  function stop(stream) {
    stream.getTracks().forEach((track) => track.stop());
  }

  /** Something to read for a moment. */
  function notice(text) {
    const shown = el('div', { class: 'call-notice', text });
    document.body.append(shown);
    announce(text);
    setTimeout(() => shown.remove(), LINGERS * 2);
  }

  /** Somebody calls. What is being typed goes on: nothing takes the focus. */
  function ring(call) {
    const { video } = call;
    const kind = video ? 'Video call' : 'Call';
    const answer = async (picture) => {
      try {
        const stream = await devices(picture);
        if (call.state !== 'ringing') return stop(stream);
        panel(call, stream, picture);
        await call.accept(stream);
      } catch (problem) {
        notice(excuse(problem));
        call.hangUp('failed');
      }
    };
    const box = el('div', { class: 'call-ring', role: 'alertdialog', 'aria-label': `${kind} from ${who(call)}` },
      face(call), el('div', { class: 'who' }, el('b', { text: who(call) }), el('small', { text: video ? 'Incoming video call' : 'Incoming call' })),
      iconButton('phone', 'Decline', () => call.hangUp(), { class: 'round no' }),
      iconButton('phone', video ? 'Accept without camera' : 'Accept', () => answer(false), { class: 'round yes' }),
      video && iconButton('camera', 'Accept', () => answer(true), { class: 'round yes' }));
    const silence = bell();
    const off = call.on('state', (now) => {
      off();
      silence();
      box.remove();
      caller = null;
      app.render();
      if (now === 'ended' && call.reason !== 'elsewhere' && call.reason !== 'declined') notice(`${who(call)} called.`);
    });
    document.body.prepend(box);
    caller = who(call);
    app.render();
    announce(`${kind} from ${who(call)}`);
  }

  /** A button that switches a device off and on. */
  function toggle(stream, kind, [icon, label]) {
    const tracks = stream.getTracks().filter((track) => track.kind === kind);
    const button = iconButton(icon, label, () => {
      const off = button.getAttribute('aria-pressed') !== 'true';
      tracks.forEach((track) => (track.enabled = !off));
      button.setAttribute('aria-pressed', String(off));
    }, { class: 'round', 'aria-pressed': 'false' });
    return tracks.length > 0 && button;
  }

  /** The call that is on: the other, oneself, and what one can do. */
  function panel(call, stream, video) {
    const line = el('small', { 'aria-live': 'polite' });
    const theirs = el('video', { class: 'theirs', autoplay: true, playsinline: true, 'aria-label': `Video of ${who(call)}` });
    const mine = el('video', { class: 'mine', autoplay: true, playsinline: true, muted: true, 'aria-label': 'Own video' });
    mine.muted = true;
    const leave = iconButton('phone', 'Hang up', () => call.hangUp(), { class: 'round no' });
    const box = el('section', { class: 'call', role: 'region', 'aria-label': `Call with ${who(call)}` },
      el('div', { class: 'screen' }, theirs, face(call), mine),
      el('div', { class: 'who' }, el('b', { text: who(call) }), line),
      el('div', { class: 'controls' }, toggle(stream, 'audio', ['mic', 'Mute']), toggle(stream, 'video', ['camera', 'Camera off']), leave));
    /** A picture hides the face. */
    function look() {
      const [track] = call.remote?.getVideoTracks() ?? [];
      box.classList.toggle('seen', Boolean(track && !track.muted));
    }
    function show() {
      const remote = call.remote;
      if (!remote) return;
      theirs.srcObject = remote;
      remote.getVideoTracks().forEach((track) => (track.onmute = track.onunmute = look));
      look();
    }
    function tell() {
      line.textContent = call.state === 'ended' ? endOf(call) : call.since ? lasted(call.since) : STATES[call.state];
    }
    function changed(now) {
      if (now === 'connected') line.removeAttribute('aria-live');
      if (now === 'ended') over();
      tell();
    }
    function over() {
      clearInterval(clock);
      stop(stream);
      theirs.srcObject = mine.srcObject = null;
      box.classList.add('over');
      box.querySelector('.controls').remove();
      announce(endOf(call));
      setTimeout(() => box.remove(), LINGERS);
    }
    const clock = setInterval(tell, 1_000);
    mine.srcObject = stream;
    box.classList.toggle('mirror', video && stream.getVideoTracks().length > 0);
    document.body.append(box);
    call.on('remote', show);
    call.on('state', changed);
    show();
    tell();
    leave.focus();
  }

  function endOf(call) {
    if (call.error?.code === 'blocked') return 'You cannot call each other.';
    return call.error?.code === 'rate_limited' ? 'Too many calls. Try again later.' : ENDS[call.reason] ?? ENDS.ended;
  }

  return {
    /** What the window is called while it rings. */
    title: () => caller && `${caller} calls`,
    /** Before the page goes. */
    close: () => calls.close(),
    /** The two buttons of a direct conversation. */
    buttons: (conversation, peer) => [
      iconButton('phone', 'Call', () => begin(conversation, peer(), false)),
      iconButton('camera', 'Video call', () => begin(conversation, peer(), true)),
    ],
  };
}
