/** Registering and signing in. */
import { account } from './api.js';
import { el } from './dom.js';

export function loginView(done) {
  let registering = false;
  const error = el('p', { class: 'error', role: 'alert' });
  const field = (name, label, attributes) =>
    el('label', { class: 'field' }, el('span', { text: label }), el('input', { name, required: true, ...attributes }));
  const username = field('username', 'User name', { autocomplete: 'username', minlength: 2, maxlength: 32 });
  const email = field('email', 'E-mail', { autocomplete: 'email', type: 'email' });
  const login = field('login', 'E-mail or user name', { autocomplete: 'username' });
  const password = field('password', 'Password', { type: 'password', autocomplete: 'current-password', minlength: 8 });
  const heading = el('h1');
  const lead = el('p', { class: 'lead' });
  const submit = el('button', { class: 'primary', type: 'submit' });
  const swap = el('button', { class: 'quiet swap', type: 'button', onclick: () => show(!registering) });
  const fields = el('div');

  function show(value) {
    registering = value;
    heading.textContent = registering ? 'Create your account' : 'Welcome back';
    lead.textContent = registering ? 'A name, an address and a password: that is all.' : 'Sign in to go on talking.';
    submit.textContent = registering ? 'Create account' : 'Sign in';
    swap.textContent = registering ? 'I have an account' : 'I am new here';
    fields.replaceChildren(...(registering ? [username, email, password] : [login, password]));
    error.textContent = '';
    fields.querySelector('input').focus();
  }

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    error.textContent = '';
    const value = (label) => label.querySelector('input').value;
    try {
      const fields = { username: value(username), email: value(email), password: value(password) };
      const session = registering ? await account.register(fields) : await account.login(value(login), value(password));
      done(session.user);
    } catch (problem) {
      error.textContent = problem.message;
    } finally {
      submit.disabled = false;
    }
  }

  const view = el('main', { class: 'login' }, el('form', { onsubmit: send },
    el('img', { src: '/assets/icon.svg', alt: '' }), heading, lead, fields, error, submit, swap));
  queueMicrotask(() => show(false));
  return view;
}
