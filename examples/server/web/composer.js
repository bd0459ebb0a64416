/** Writing: text, edits, replies and pictures by button, paste and drop. */
import { api, revise } from './api.js';
import { el, iconButton } from './dom.js';
import { summary, userName } from '/client/store.js';

const MAX_PICTURES = 10;

export function composerView(app, id) {
  const text = el('textarea', { rows: 1, placeholder: 'Message', 'aria-label': 'Message', maxlength: 4_000 });
  const file = el('input', { type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp', multiple: true, class: 'visually-hidden', tabindex: -1, 'aria-label': 'Pictures' });
  const above = el('div');
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const button = iconButton('send', 'Send', send, { class: 'send' });
  let replyTo = null;
  let editing = null;
  let pictures = [];

  text.addEventListener('input', () => {
    grow();
    if (text.value) app.chat.typing(id);
    enable();
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape') editing ? edit(null) : reply(null);
  });
  text.addEventListener('paste', (event) => {
    if (event.clipboardData.files.length > 0) {
      event.preventDefault();
      attach(event.clipboardData.files);
    }
  });
  file.addEventListener('change', () => {
    attach(file.files);
    file.value = '';
  });

  function grow() {
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  function enable() {
    const ready = pictures.every((picture) => picture.upload);
    const pictured = editing ? editing.attachments?.length > 0 : pictures.length > 0;
    button.disabled = !ready || (!text.value.trim() && !pictured);
  }

  function attach(files) {
    for (const picked of [...files].slice(0, MAX_PICTURES - pictures.length)) {
      const picture = { url: URL.createObjectURL(picked), upload: null };
      pictures.push(picture);
      api.upload(picked, 'attachment').then((upload) => {
        picture.upload = upload;
        render();
      }, (problem) => {
        drop(picture);
        complain(problem.message);
      });
    }
    render();
    text.focus();
  }

  function drop(picture) {
    pictures = pictures.filter((other) => other !== picture);
    URL.revokeObjectURL(picture.url);
    render();
  }

  function complain(message) {
    error.textContent = message;
    error.hidden = !message;
  }

  function reply(message) {
    if (editing) edit(null);
    replyTo = message;
    render();
    text.focus();
  }

  function edit(message) {
    [editing, replyTo, text.value] = [message, null, message?.content ?? ''];
    complain('');
    grow();
    render();
    text.focus();
  }

  async function saveEdit() {
    const [message, content] = [editing, text.value.trim()];
    edit(null);
    await revise.edit(message, content).catch((problem) => {
      edit(message);
      text.value = content;
      complain(problem.message);
    });
  }

  function render() {
    const edited = editing && el('div', { class: 'above' },
      el('span', { class: 'text', text: `Edit: ${summary(editing)}` }),
      iconButton('close', 'No edit', () => edit(null)));
    const quote = replyTo && el('div', { class: 'above' },
      el('span', { class: 'text', text: `${userName(app.state, replyTo.sender_id)}: ${summary(replyTo)}` }),
      iconButton('close', 'No reply', () => reply(null)));
    const previews = pictures.map((picture) => el('div', { class: picture.upload ? 'preview' : 'preview busy' },
      el('img', { src: picture.url, alt: '' }), el('button', { type: 'button', 'aria-label': 'Remove picture', text: '×', onclick: () => drop(picture) })));
    above.replaceChildren(...[edited, quote, previews.length > 0 && el('div', { class: 'above previews' }, ...previews)].filter(Boolean));
    enable();
  }

  function send() {
    enable();
    if (button.disabled) return;
    if (editing) {
      saveEdit();
      return;
    }
    const uploads = pictures.map((picture) => picture.upload);
    app.chat.outbox.add(id, {
      content: text.value.trim(), reply_to_id: replyTo?.id, upload_ids: uploads.length ? uploads.map((upload) => upload.id) : undefined,
    }, { attachments: uploads });
    pictures.forEach((picture) => URL.revokeObjectURL(picture.url));
    [text.value, replyTo, pictures] = ['', null, []];
    complain('');
    grow();
    render();
    app.sent();
  }

  render();
  const view = el('div', { class: 'composer' }, error, above, el('div', { class: 'line' },
    iconButton('image', 'Add pictures', () => file.click()), file, text, button));
  return { view, reply, edit, attach, focus: () => text.focus() };
}
