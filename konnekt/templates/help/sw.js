// Keeps the page that says that there is no connection, and nothing else: what is private stays out of it.
// A push has no content: it asks the portal how much there is.
"use strict";
const CACHED = {{ cached | tojson }};
const NAME = CACHED.join();

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(CACHED)));
});

addEventListener("activate", (event) => event.waitUntil(Promise.all([
  // Pages are asked for while the worker is still waking up: it costs them no time.
  registration.navigationPreload?.enable(),
  caches.keys().then((names) => Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name)))),
])));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  // A form that is sent is the browser's: its own page can send it once more.
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith((async () => {
      try {
        return (await event.preloadResponse) || (await fetch(request));
      } catch {
        return caches.match(CACHED[0]);
      }
    })());
  } else if (CACHED[1].startsWith(`${pathname}?`)) {
    event.respondWith(caches.match(CACHED[1]).then((answer) => answer || fetch(request)));
  }
});

addEventListener("push", (event) => event.waitUntil((async () => {
  let body = {{ _("There is news.") | tojson }};
  try {
    const answer = await fetch("{{ url_for('notifications.count') }}");
    if (answer.headers.get("Content-Type") === "application/json") body = await answer.json();
  } catch {}
  await registration.showNotification("Konnekt", { body, tag: "konnekt", icon: "{{ url_for('static', filename='icons/192.png') }}" });
})()));

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow("/"));
});
