// Starts the reference page. A file of its own, because the page allows no inline script.
window.SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  // Folded until somebody asks: some two hundred schemas, which every operation shows where it needs them.
  defaultModelsExpandDepth: 0,
  // No badge or check by an outside service, ever.
  validatorUrl: null,
  // Requests of the reference page carry the session's CSRF token, like those of the app.
  requestInterceptor: async (request) => {
    const unsafe = !['GET', 'HEAD', 'OPTIONS'].includes((request.method ?? 'GET').toUpperCase());
    if (unsafe) {
      const me = await fetch('/api/v1/session');
      if (me.ok) request.headers['X-CSRF-Token'] = (await me.json()).csrf_token ?? '';
    }
    return request;
  },
});
