import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
    assert.equal(Boolean(operation.requestBody), ['post', 'patch', 'put'].includes(method) && !/(leave|ticket)$/.test(path), which);
    const statuses = Object.keys(operation.responses).map(Number);
    assert.ok(statuses.some((status) => status < 400) && statuses.includes(503), which);
    assert.equal(Boolean(operation.security), statuses.includes(401) && !/auth\/(login|refresh|register|logout)$/.test(path), which);
  }
  assert.equal(ids.size, operations(document).length);
  const told = JSON.stringify(document.components.responses);
  for (const code of document.components.schemas.Code.enum) assert.ok(told.includes(`\`${code}\``), code);
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

test('it can be left out', async () => {
  const quiet = await startServer({ CHAT_DOCS: 'off' });
  for (const path of ['docs', 'docs/docs.js', 'docs/swagger-ui-bundle.js']) {
    assert.equal((await fetch(`${quiet.url}/${path}`)).status, 404, path);
  }
  await quiet.stop();
});
