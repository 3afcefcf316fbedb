// The inbox's service worker: notifications, and a page that says when there is no network.
// Texts and pages are never kept on the device; only the few files in APP.kept are.

const STORE = `trunkline ${APP.scope} `;
const CACHE = STORE + APP.version;
const KEPT = new Set([APP.offline, ...APP.kept].map((path) => new URL(path, location).href));
const SCOPE = new URL(APP.scope, location).href;

self.addEventListener("install", (event) => {
  const fresh = [...KEPT].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(fresh))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const sweep = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(STORE) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(sweep());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => kept(APP.offline)));
  } else if (KEPT.has(request.url)) {
    event.respondWith(fetch(request).catch(() => kept(request.url)));
  }
});

async function kept(url) {
  return (await (await caches.open(CACHE)).match(url)) ?? Response.error();
}

// Only addresses of this inbox are opened, whatever a message says.
function inside(path) {
  const url = new URL(path || APP.scope, location).href;
  return url.startsWith(SCOPE) ? url : SCOPE;
}

function pages() {
  return self.clients.matchAll({ type: "window", includeUncontrolled: true });
}

// A page that changed its address by itself is still listed by its first one: ask it.
function placeOf(page) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(String(event.data).split(/[?#]/)[0]);
    setTimeout(() => resolve(page.url.split(/[?#]/)[0]), 300);
    page.postMessage("place", [port2]);
  });
}

async function isBeforeSomebody(url) {
  const visible = (await pages()).filter((page) => page.visibilityState === "visible");
  return (await Promise.all(visible.map(placeOf))).includes(url);
}

self.addEventListener("push", (event) => {
  let notice = {};
  try {
    notice = event.data?.json() ?? {};
  } catch {
    // Not ours: show that something came, which browsers insist on.
  }
  event.waitUntil(show(notice));
});

async function show(notice) {
  if (Number.isInteger(notice.badge)) {
    if (notice.badge) await self.navigator.setAppBadge?.(notice.badge).catch(() => {});
    else await self.navigator.clearAppBadge?.().catch(() => {});
  }
  const url = inside(notice.url);
  // Whoever has the thread before them sees the text come in.
  const isLooking = String(notice.tag).startsWith("conversation-") && (await isBeforeSomebody(url));
  // Safari takes a subscription back after some pushes that showed nothing.
  const isStrict = !/Chrome|Firefox/.test(self.navigator.userAgent);
  if (isLooking && !isStrict) return;
  await self.registration.showNotification(notice.title || "New text", {
    body: notice.body || "",
    tag: notice.tag || "inbox",
    renotify: !isLooking,
    silent: isLooking,
    icon: APP.icon,
    badge: APP.badge,
    data: { url },
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(inside(event.notification.data?.url)));
});

async function open(url) {
  const mine = (await pages()).filter((page) => page.url.startsWith(SCOPE));
  const places = await Promise.all(mine.map(placeOf));
  const there = mine[places.indexOf(url)];
  if (there) return there.focus();
  for (const page of mine) {
    try {
      return await (await page.navigate(url)).focus();
    } catch {
      // This one is not under our control, or may not be focused: the next, or a new window.
    }
  }
  return self.clients.openWindow(url);
}
