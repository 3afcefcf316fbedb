// The person's own page: notifications of this browser, installing, and the look.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.userAgent.includes("Mac OS") && navigator.maxTouchPoints > 1);
  const isInstalled = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

  // --- Notifications on this device ---
  const BLOCKED = "Notifications of this site are blocked in the browser. Allow them in its settings for this site, then reload this page.";
  const panel = byId("this-device");

  function put(state, text, button) {
    panel.dataset.state = state;
    byId("device-state").textContent = text;
    for (const id of ["turn-on", "turn-off"]) byId(id).hidden = id !== button;
  }

  function mark(id) {
    for (const row of document.querySelectorAll("[data-device]")) {
      row.querySelector(".is-this").hidden = row.dataset.device !== String(id);
    }
  }

  // The platform has no push: what is left are notifications of an open tab.
  function lookAtTab() {
    if (!("Notification" in globalThis)) put("closed", "This browser has no notifications.");
    else if (Notification.permission === "denied") put("closed", BLOCKED);
    else if (Notification.permission === "granted") put("on", "On while the inbox is open in a tab.");
    else put("off", "Off for this device.", "turn-on");
  }

  async function look() {
    if (!globalThis.isSecureContext) {
      put("closed", "Browsers allow notifications on https addresses only. Ask your admin for the portal's https address.");
    } else if (!panel.dataset.key) {
      lookAtTab();
    } else if (!inboxApp.canPush && isApple && !isInstalled) {
      put("closed", "On iPhone and iPad, add the inbox to the Home Screen first (below), open it from there, and come back to this page.");
    } else if (!inboxApp.canPush) {
      put("closed", "This browser has no notifications. A current Chrome, Edge, Firefox or Safari does.");
    } else if (Notification.permission === "denied") {
      put("closed", BLOCKED);
    } else {
      const { taken, id } = await inboxApp.known();
      const isOn = Boolean(taken && id && Notification.permission === "granted");
      mark(isOn ? id : null);
      if (isOn) put("on", "On for this device.", "turn-off");
      else put("off", "Off for this device.", "turn-on");
    }
  }

  function failed(text) {
    byId("device-error").textContent = text;
    byId("device-error").hidden = !text;
  }

  async function turn(button, work) {
    failed("");
    button.disabled = true;
    try {
      await work();
      // The list of devices is the server's.
      location.reload();
    } catch (error) {
      failed(error.message);
      await look();
    } finally {
      button.disabled = false;
    }
  }

  if (panel) {
    byId("turn-on").addEventListener("click", (event) =>
      turn(event.currentTarget, async () => {
        const answer = await Notification.requestPermission();
        if (answer === "default") throw new Error("The browser's question was closed. Press the button again and choose Allow.");
        if (answer !== "granted") throw new Error("The browser was told to block them.");
        if (panel.dataset.key) await inboxApp.turnOn(panel.dataset.key);
      }),
    );
    byId("turn-off").addEventListener("click", (event) => turn(event.currentTarget, inboxApp.turnOff));
    look();
  }

  // --- Installing ---
  function showInstalling() {
    const how = isInstalled ? "installed" : inboxApp.offer() ? "offered" : isApple ? "apple" : "other";
    for (const part of document.querySelectorAll("[data-install]")) {
      part.hidden = part.dataset.install !== how;
    }
  }
  document.addEventListener("app:offer", showInstalling);
  addEventListener("appinstalled", () => {
    for (const part of document.querySelectorAll("[data-install]")) {
      part.hidden = part.dataset.install !== "installed";
    }
  });
  byId("install").addEventListener("click", () => inboxApp.offer()?.prompt());
  showInstalling();

  // --- Light or dark: the choice that theme.js and the admin pages read ---
  const THEME = "_x_adminTheme";
  let chosen = "auto";
  try {
    chosen = JSON.parse(localStorage.getItem(THEME)) || "auto";
  } catch {
    // Storage is closed or holds something else.
  }
  for (const input of document.querySelectorAll("input[name=theme]")) {
    input.checked = input.value === chosen;
    input.addEventListener("change", () => {
      document.documentElement.classList.remove("light", "dark");
      if (input.value !== "auto") document.documentElement.classList.add(input.value);
      try {
        localStorage.setItem(THEME, JSON.stringify(input.value));
      } catch {
        // It holds until the page is left.
      }
    });
  }
})();
