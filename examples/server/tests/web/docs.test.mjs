import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Validator } from '@seriousme/openapi-schema-validator';
import { picture, startBrowser, startServer } from './harness.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const read = async () => (await fetch(`${server.url}/api/v1/openapi.json`)).json();

/** Every operation with its path and method. */
function operations(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
}

test('the document is valid OpenAPI 3.1, and every reference leads somewhere', async () => {
  const document = await read();
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');

  const find = (place) => place.slice(2).split('/').reduce((found, name) => found?.[name], document);
  const places = JSON.stringify(document).match(/#\/components\/[\w/]+/g);
  assert.ok(places.length > 100);
  assert.deepEqual(places.filter((place) => find(place) === undefined), []);
});

test('every operation says its parameters, its body, its answers, its problems and who may', async () => {
  const document = await read();
  const ids = new Set();
  for (const { path, method, operation } of operations(document)) {
    const which = `${method} ${path}`;
    assert.ok(operation.summary && operation.tags.length === 1, which);
    ids.add(operation.operationId);
    const variables = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
    const given = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    assert.deepEqual(given, variables, which);
    for (const { name, description } of operation.parameters.filter((parameter) => parameter.in === 'query')) assert.ok(description, `${which}: ${name}`);
    assert.equal(Boolean(operation.requestBody), ['post', 'patch'].includes(method) && !/(leave|ticket)$/.test(path), which);
    const statuses = Object.keys(operation.responses).map(Number);
    assert.ok(statuses.some((status) => status < 400) && statuses.includes(503), which);
    assert.equal(Boolean(operation.security), statuses.includes(401) && !/auth\/(login|refresh|register|logout)$/.test(path), which);
  }
  assert.equal(ids.size, operations(document).length);
  const told = JSON.stringify(document.components.responses);
  for (const code of document.components.schemas.Code.enum) assert.ok(told.includes(`\`${code}\``), code);
});

/** The document's schemas, each refusing fields that it does not have. */
function strictly(document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const schemas = structuredClone(document.components.schemas);
  // What is a part of others is checked with them.
  const parts = new Set(JSON.stringify(schemas).match(/"allOf":\[{[^}]*"\$ref":"[^"]+"/g)?.map((part) => part.match(/(\w+)"$/)[1]));
  for (const [name, schema] of Object.entries(schemas)) {
    if (!parts.has(name) && (schema.properties || schema.allOf)) schema.unevaluatedProperties = false;
  }
  ajv.addSchema({ $id: 'document', components: { schemas } });
  return (place) => ajv.compile({ $ref: `document${place}` });
}

test('what is answered is what the document says', async () => {
  const document = await read();
  const schema = strictly(document);
  let token;
  async function ask(method, path, concrete, body) {
    const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { 'Content-Type': 'application/json' }) };
    const response = await fetch(`${server.url}${concrete ?? path}`, { method, headers, body: body && JSON.stringify(body) });
    const { responses } = document.paths[path][method.toLowerCase()];
    const told = responses[response.status]?.$ref ? document.components.responses[responses[response.status].$ref.split('/').at(-1)] : responses[response.status];
    assert.ok(told, `${method} ${path}: ${response.status}`);
    const [kind, content] = Object.entries(told.content ?? {})[0] ?? [];
    if (!kind) return null;
    assert.equal(response.headers.get('content-type').split(';')[0], kind, path);
    const answer = await response.json();
    const check = schema(content.schema.$ref);
    assert.ok(check(answer), `${method} ${path}: ${JSON.stringify(check.errors)}\n${JSON.stringify(answer)}`);
    return answer;
  }
  const api = '/api/v1';
  const account = (username) => ask('POST', `${api}/auth/register`, null, { username, email: `${username}@example.com`, password: 'correct horse battery' });
  const other = await account('other');
  ({ token } = await account('asker'));
  const group = await ask('POST', `${api}/conversations`, null, { type: 'group', name: 'crew', participant_ids: [other.user.id] });
  await ask('POST', `${api}/conversations`, null, { type: 'direct', participant_id: other.user.id });
  const at = (path) => path.replace('{id}', group.id).replace('{user_id}', other.user.id);
  const post = (path, body) => ask('POST', `${api}${path}`, at(`${api}${path}`), body);
  const sent = await post('/conversations/{id}/messages', { content: 'a searched word' });
  await post('/conversations/{id}/messages', { content: 'an answer', reply_to_id: sent.id });
  await post('/conversations/{id}/read', { seq: 1 });
  await post('/auth/ticket');
  await ask('PATCH', `${api}/conversations/{id}`, at(`${api}/conversations/{id}`), { name: 'another' });
  await ask('PATCH', `${api}/conversations/{id}/members/{user_id}`, at(`${api}/conversations/{id}/members/{user_id}`), { role: 'admin' });
  await ask('PATCH', `${api}/users/me`, null, { display_name: 'Another' });
  await post('/conversations/{id}/messages', { content: 7 });

  for (const { path, method } of operations(document).filter(({ method, path }) => method === 'get' && !path.endsWith('/openapi.json'))) {
    await ask(method.toUpperCase(), path, at(path) + (path.endsWith('/messages') && !path.includes('{') ? '?search=searched' : ''));
  }
});

test('the page shows every route, runs a request, and keeps to its policy', async () => {
  const page = await browser.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  const response = await page.goto(`${server.url}/docs`);
  assert.match(response.headers()['content-security-policy'], /script-src 'self';/);
  await page.locator('.opblock').first().waitFor();

  const document = await read();
  const shown = await page.locator('.opblock .opblock-summary-path').evaluateAll((nodes) => nodes.map((node) => node.dataset.path));
  assert.deepEqual(shown.toSorted(), operations(document).map(({ path }) => path).toSorted());
  await page.locator('.opblock', { has: page.locator('[data-path="/api/v1/openapi.json"]') }).locator('.opblock-summary-control').click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  await picture({ page }, 'docs');
  assert.deepEqual(errors, []);
  await page.close();
});

test('a file is uploaded from it by whoever is logged in', async () => {
  const page = await browser.newPage();
  await page.goto(`${server.url}/docs`);
  const status = await page.evaluate(async () => {
    const body = JSON.stringify({ username: 'uploader', email: 'uploader@example.com', password: 'correct horse battery', cookies: true });
    return (await fetch('/api/v1/auth/register', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })).status;
  });
  assert.equal(status, 201);
  const block = page.locator('.opblock-post', { has: page.locator('[data-path="/api/v1/uploads"]') });
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  await block.locator('input[type=file]').setInputFiles({ name: 'words.txt', mimeType: 'text/plain', buffer: Buffer.from('plain words') });
  await block.getByRole('button', { name: 'Execute' }).click();

  await block.locator('.live-responses-table .response-col_status', { hasText: '201' }).waitFor();
  const shown = JSON.parse(await block.locator('.live-responses-table .highlight-code pre').first().innerText());
  assert.deepEqual([shown.name, shown.size], ['words.txt', 11]);
  await page.close();
});

test('it can be left out', async () => {
  const quiet = await startServer({ CHAT_DOCS: 'off' });
  for (const path of ['docs', 'docs/docs.js', 'docs/swagger-ui-bundle.js']) {
    assert.equal((await fetch(`${quiet.url}/${path}`)).status, 404, path);
  }
  await quiet.stop();
});
