/** Shows what is pushed while no page is connected, and opens the conversation of what is clicked. */

addEventListener('install', () => self.skipWaiting());
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

addEventListener('push', (event) => event.waitUntil(show(event.data?.json() ?? {})));

function show(notice) {
  const group = notice.conversation_type === 'group';
  const sender = notice.sender_name ?? 'Somebody';
  const content = notice.content || (notice.message_type === 'image' ? 'a picture' : 'a file');
  return self.registration.showNotification(group ? notice.conversation_name ?? 'A group' : sender, {
    body: group ? `${sender}: ${content}` : content,
    // A newer one takes its place.
    tag: notice.conversation_id,
    renotify: Boolean(notice.conversation_id),
    icon: '/assets/icon.svg',
    data: { conversation_id: notice.conversation_id },
  });
}

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.conversation_id));
});

async function open(conversation_id) {
  const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (!page) return self.clients.openWindow(conversation_id ? `/#${conversation_id}` : '/');
  page.postMessage({ conversation_id });
  return page.focus();
}
