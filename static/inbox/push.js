// The inbox as an app: its service worker, this browser's subscription, and notifications of an
// open page in the background where there is no subscription.
"use strict";
(function () {
  const own = document.currentScript.dataset;
  const REMEMBERED = `trunkline-push ${own.scope}`;
  const canWork = "serviceWorker" in navigator;
  const canPush = canWork && "PushManager" in globalThis && "Notification" in globalThis;

  const ready = canWork
    ? navigator.serviceWorker
        .register(own.worker, { scope: own.scope, updateViaCache: "none" })
        .then(() => navigator.serviceWorker.ready)
        .catch(() => null)
    : Promise.resolve(null);

  // The service worker asks which thread is open here.
  if (canWork) {
    navigator.serviceWorker.addEventListener("message", (event) => {
      if (event.data === "place") event.ports[0]?.postMessage(location.href);
    });
    navigator.serviceWorker.startMessages();
  }

  function post(url, fields) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    return fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams(fields),
    });
  }

  function remembered() {
    try {
      return localStorage.getItem(REMEMBERED);
    } catch {
      return null;
    }
  }

  function remember(user) {
    try {
      if (user) localStorage.setItem(REMEMBERED, user);
      else localStorage.removeItem(REMEMBERED);
    } catch {
      // Storage is closed: the person turns notifications on by hand, should they get lost.
    }
  }

  function bytes(text) {
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  }

  function text(buffer) {
    const raw = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  async function subscription() {
    const worker = canPush ? await ready : null;
    return worker ? worker.pushManager.getSubscription() : null;
  }

  // Throws an Error whose message is for the person.
  async function turnOn(key) {
    const worker = await ready;
    if (!worker) throw new Error("The app could not be set up in this browser. Reload the page.");
    let taken;
    try {
      const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
      const old = await worker.pushManager.getSubscription();
      taken = await worker.pushManager.subscribe(options).catch(async (error) => {
        // It was made with an earlier key of the platform.
        if (!old || error.name !== "InvalidStateError") throw error;
        await old.unsubscribe();
        return worker.pushManager.subscribe(options);
      });
    } catch {
      throw new Error("The browser's push service cannot be reached. Try again later; until then notifications show while the inbox is open in a tab.");
    }
    const answer = await post(own.devices, {
      endpoint: taken.endpoint,
      p256dh: text(taken.getKey("p256dh")),
      auth: text(taken.getKey("auth")),
    }).catch(() => null);
    if (answer?.status === 201) return remember(own.person);
    await taken.unsubscribe().catch(() => {});
    const told = await answer?.json().catch(() => null);
    throw new Error(told?.error || "The portal cannot be reached. Try again.");
  }

  async function turnOff() {
    remember(null);
    const taken = await subscription();
    if (!taken) return;
    await post(own.forget, { endpoint: taken.endpoint }).catch(() => {});
    await taken.unsubscribe().catch(() => {});
  }

  // Id of this browser among the person's devices, or null.
  async function known() {
    const taken = await subscription();
    const answer = await post(own.check, { endpoint: taken?.endpoint ?? "" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return { taken, id: undefined, key: "" };
    return { taken, ...(await answer.json()) };
  }

  // What another person left in this browser, or what was removed elsewhere, must not ring here. A
  // subscription that the browser itself has dropped is taken out again.
  async function settle() {
    if (!canPush || Notification.permission !== "granted") return;
    const { taken, id, key } = await known();
    if (taken && id === null) {
      if (remembered() === own.person) remember(null);
      await taken.unsubscribe().catch(() => {});
    } else if (!taken && key && remembered() === own.person) {
      await turnOn(key).catch(() => {});
    }
  }

  // Whoever signs out leaves nothing behind that rings.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.action.endsWith("/accounts/logout/") || form.dataset.isQuiet) return;
    if (!canPush || Notification.permission !== "granted") return;
    event.preventDefault();
    form.dataset.isQuiet = "yes";
    const patience = new Promise((resolve) => setTimeout(resolve, 1500));
    Promise.race([turnOff(), patience]).finally(() => form.submit());
  });

  // --- An open page in the background ---
  const shown = new Set();
  let isBusy = false;

  async function news() {
    const answer = await fetch(own.news, { headers: { Accept: "application/json" } });
    return answer.ok && !answer.redirected ? (await answer.json()).notices : [];
  }

  async function tell({ isQuiet }) {
    if (isBusy || !("Notification" in globalThis) || Notification.permission !== "granted") return;
    isBusy = true;
    try {
      if (await subscription()) return;
      for (const notice of await news()) {
        if (shown.has(notice.id)) continue;
        shown.add(notice.id);
        if (!isQuiet) await show(notice);
      }
    } catch {
      // No network: the page itself says so.
    } finally {
      isBusy = false;
    }
  }

  async function show({ title, body, tag, url }) {
    const options = { body, tag, icon: own.icon, data: { url }, renotify: true };
    const worker = await ready;
    if (worker) return worker.showNotification(title, options);
    const note = new Notification(title, { body, tag, icon: own.icon });
    note.onclick = () => {
      globalThis.focus();
      location.assign(url);
    };
    return note;
  }

  // What is there when the person looks away has been seen in the list.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") tell({ isQuiet: true });
    else navigator.clearAppBadge?.().catch(() => {});
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "rows" && document.visibilityState === "hidden") tell({ isQuiet: false });
  });

  let offer = null;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    document.dispatchEvent(new CustomEvent("app:offer"));
  });

  globalThis.inboxApp = { canPush, known, turnOn, turnOff, offer: () => offer };
  settle();
})();
