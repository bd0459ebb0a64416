/** Writing: text, edits, replies and files by button, paste and drop. */
import { api } from './api.js';
import { el, iconButton } from './dom.js';
import { summary, userName } from '/client/store.js';

const MAX_FILES = 10;

export function composerView(app, id) {
  const text = el('textarea', { rows: 1, placeholder: 'Message', 'aria-label': 'Message', maxlength: 4_000 });
  const picker = el('input', { type: 'file', multiple: true, class: 'visually-hidden', tabindex: -1, 'aria-label': 'Files' });
  const above = el('div');
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const button = iconButton('send', 'Send', send, { class: 'send' });
  let replyTo = null;
  let editing = null;
  let attached = [];

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
  picker.addEventListener('change', () => {
    attach(picker.files);
    picker.value = '';
  });

  function grow() {
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  function enable() {
    const ready = attached.every((file) => file.upload);
    const holds = editing ? editing.attachments?.length > 0 : attached.length > 0;
    button.disabled = !ready || (!text.value.trim() && !holds);
  }

  function attach(files) {
    for (const picked of [...files].slice(0, MAX_FILES - attached.length)) {
      const file = { name: picked.name, url: picked.type.startsWith('image/') ? URL.createObjectURL(picked) : null, upload: null };
      attached.push(file);
      api.upload(picked, 'attachment').then((upload) => {
        file.upload = upload;
        render();
      }, (problem) => {
        drop(file);
        complain(problem.message);
      });
    }
    render();
    text.focus();
  }

  function drop(file) {
    attached = attached.filter((other) => other !== file);
    forget(file);
    render();
  }

  function forget(file) {
    if (file.url) URL.revokeObjectURL(file.url);
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
    await api.editMessage(id, message.id, content).catch((problem) => {
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
    const previews = attached.map((file) => el('div', { class: file.upload ? 'preview' : 'preview busy', title: file.name },
      file.url ? el('img', { src: file.url, alt: '' }) : el('span', { class: 'name', text: file.name }),
      el('button', { type: 'button', 'aria-label': 'Remove file', text: '×', onclick: () => drop(file) })));
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
    const uploads = attached.map((file) => file.upload);
    try {
      app.chat.outbox.add(id, {
        content: text.value.trim(), reply_to_id: replyTo?.id, upload_ids: uploads.length ? uploads.map((upload) => upload.id) : undefined,
      }, { attachments: uploads });
    } catch (problem) {
      complain(problem.message);
      return;
    }
    attached.forEach(forget);
    [text.value, replyTo, attached] = ['', null, []];
    complain('');
    grow();
    render();
    app.sent();
  }

  render();
  const view = el('div', { class: 'composer' }, error, above, el('div', { class: 'line' },
    iconButton('clip', 'Add files', () => picker.click()), picker, text, button));
  return { view, reply, edit, attach, focus: () => text.focus() };
}
