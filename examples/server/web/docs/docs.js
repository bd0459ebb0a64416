/** Shows the OpenAPI document of this server. Requests tried here go to this server, with the browser's cookies. */
window.SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  // Nothing of the document is sent to anybody else's validator.
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
});
