// Drafts: what is written but not sent, kept in this browser for each conversation. Another
// session's are thrown away, and all of them when somebody signs out.
"use strict";
(function () {
  const PREFIX = "trunkline.draft.";
  const byId = (id) => document.getElementById(id);
  let isRestoring = false;

  // A browser may forbid storage or have none left: drafts then live as long as the page.
  const memory = new Map();
  const store = {
    keys() {
      try {
        return Object.keys(localStorage);
      } catch {
        return [...memory.keys()];
      }
    },
    get(key) {
      try {
        return localStorage.getItem(key) ?? memory.get(key) ?? null;
      } catch {
        return memory.get(key) ?? null;
      }
    },
    set(key, value) {
      memory.set(key, value);
      try {
        localStorage.setItem(key, value);
      } catch {
        // Kept in memory.
      }
    },
    remove(key) {
      memory.delete(key);
      try {
        localStorage.removeItem(key);
      } catch {
        // There was nothing to remove.
      }
    },
  };

  function session() {
    return byId("message-key")?.dataset.drafts || "";
  }

  // The tenant is part of the key: two of them may have a conversation of the same number.
  function keyOf(conversation) {
    const tenant = location.pathname.match(/^\/t\/([^/]+)\//)?.[1] || "";
    return `${PREFIX}${session()}.${tenant}.${conversation}`;
  }

  function forget(isWanted) {
    for (const key of store.keys()) {
      if (key.startsWith(PREFIX) && isWanted(key)) store.remove(key);
    }
  }

  function read(key) {
    try {
      return JSON.parse(store.get(key));
    } catch {
      return null;
    }
  }

  function save() {
    const form = byId("composer");
    if (!form || isRestoring) return;
    const draft = {
      text: byId("text").value,
      files: [...document.querySelectorAll("#attached [data-id]")].map((box) => box.dataset.id),
      later: byId("later").querySelector("input")?.value || "",
      to: [...document.querySelectorAll("#recipients [name=to]")].map((input) => input.value),
    };
    const key = keyOf(form.dataset.key);
    const isEmpty = !draft.text && !draft.files.length && !draft.to.length;
    if (isEmpty) store.remove(key);
    else store.set(key, JSON.stringify(draft));
  }

  async function fill(box, url) {
    const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!response?.ok || response.redirected || !box.isConnected) return;
    box.innerHTML = await response.text();
    htmx.process(box);
  }

  async function restore() {
    forget((key) => !key.startsWith(`${PREFIX}${session()}.`));
    const form = byId("composer");
    const draft = read(keyOf(form.dataset.key));
    // What the server sent back after a refusal is newer.
    if (!draft || byId("text").value || document.querySelector("#attached [data-id]")) return;
    isRestoring = true;
    byId("text").value = draft.text;
    const pieces = [];
    if (draft.files?.length) {
      const query = new URLSearchParams(draft.files.map((id) => ["attachments", id]));
      pieces.push(fill(byId("attached"), `${byId("message-key").dataset.kept}?${query}`));
    }
    if (draft.later) {
      const url = byId("message-key").dataset.later;
      pieces.push(fill(byId("later"), `${url}?at=${encodeURIComponent(draft.later)}`));
    }
    if (draft.to?.length && byId("recipients") && !document.querySelector("#recipients [name=to]")) {
      document.dispatchEvent(new CustomEvent("recipients:restore", { detail: draft.to }));
    }
    await Promise.all(pieces);
    isRestoring = false;
    document.dispatchEvent(new CustomEvent("composer:changed"));
  }

  document.addEventListener("composer:opened", restore);
  document.addEventListener("composer:changed", save);
  // A new message leads to another page at once, before the composer is emptied.
  document.addEventListener("inbox:sent", () => {
    const form = byId("composer");
    // Whoever was written to must not be among the recipients of the next new message.
    byId("recipients")?.replaceChildren();
    if (form) store.remove(keyOf(form.dataset.key));
  });
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname.endsWith("/logout/")) forget(() => true);
  });
})();
