/** Tiny helpers to make elements. Whatever a user typed becomes text, never markup. */

/**
 * Makes an element. Attributes that begin with `on` are listeners; `text` is its text.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string|null|undefined|false)} children
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'text') node.textContent = value;
    else if (name === 'tone') node.style.setProperty('--tone', value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const PATHS = {
  plus: 'M12 5v14M5 12h14', back: 'M15 5l-7 7 7 7', send: 'M4 12l16-8-6 16-3-6z', clip: 'M9 12l6-6a2.8 2.8 0 0 1 4 4l-8.5 8.5a4.6 4.6 0 0 1-6.5-6.5L12 4',
  reply: 'M10 8L5 12l5 4M5 12h9a5 5 0 0 1 5 5', sliders: 'M4 8h9M17 8h3M15 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4M4 16h3M11 16h9M9 14a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
  phone: 'M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 6a2 2 0 0 1 2-2', camera: 'M3 7h12v10H3zM15 10.5l6-3.5v10l-6-3.5', mic: 'M12 4a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3M6 11a6 6 0 0 0 12 0M12 17v4',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3', bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  group: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M3 19a6 6 0 0 1 12 0M17 11a3 3 0 1 0-2-5M16 14a6 6 0 0 1 5 5', close: 'M6 6l12 12M18 6L6 18', theme: 'M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9',
};

/** A button that shows an icon and says what it does. */
export function iconButton(icon, label, onclick, attributes = {}) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[icon]);
  svg.append(path);
  const { class: extra = '', ...rest } = attributes;
  return el('button', { type: 'button', class: `icon ${extra}`, title: label, 'aria-label': label, onclick, ...rest }, svg);
}

/** A colour for a name: the same every time. */
export function tone(text) {
  let hash = 0;
  for (const sign of text) hash = (hash * 31 + sign.codePointAt(0)) % 360;
  return `hsl(${hash} 42% 45%)`;
}

/** A picture, or the initials of a name. */
export function avatar(name, key, { url, online, small } = {}) {
  const initials = name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join('') || '?';
  const node = el('span', { class: small ? 'avatar small' : 'avatar', tone: tone(key), 'aria-hidden': 'true' });
  node.append(url ? el('img', { src: mediaUrl(url), alt: '' }) : initials);
  if (online) node.append(el('span', { class: 'dot' }));
  return node;
}

/** Addresses of media are relative to the API's root. */
export function mediaUrl(url) {
  return /^https?:/.test(url) ? url : `/api/v1/${url}`;
}

/** Text with its http and https addresses made into links. */
export function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, at) => {
    if (at % 2 === 0) return part;
    return el('a', { href: part, target: '_blank', rel: 'noopener noreferrer nofollow', text: part });
  });
}

/** The time of day, or the date of another day. */
export function shortTime(moment) {
  const date = new Date(moment);
  const today = new Date().toDateString() === date.toDateString();
  return today ? clock(moment) : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

export function clock(moment) {
  return new Date(moment).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

/** A day in words. */
export function dayName(moment) {
  const date = new Date(moment);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(moment).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}

/** Says something to screen readers. */
export function announce(text) {
  document.getElementById('announcer').textContent = text;
}
