// The place to write: counting parts, growing, keys that send, and what happens once it is sent.
// Tells the other scripts by events: composer:opened, composer:changed, composer:cleared.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  // Where there is a keyboard, Enter sends; on a phone it is the only way to a new line.
  const hasKeyboard = matchMedia("(hover: hover) and (pointer: fine)");
  let sentText = "";

  const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

  function counted(text, isMms) {
    const length = text.value.length;
    const most = Number(text.dataset.units);
    if (length > most) return { isOver: true, words: `${length - most} characters too many` };
    if (isMms) return { words: length ? `${many(length, "character")} · MMS` : "MMS" };
    if (!length) return { words: "" };
    const { encoding, count: parts, characters, room, strangers } = explainSegments(text.value);
    const words = [many(characters, "character"), many(parts, "segment"), `${room} left`];
    if (encoding === "UCS-2") {
      const shown = strangers.slice(0, 3).map((character) => `“${character}”`);
      const rest = strangers.length > 3 ? " and more" : "";
      words.push(`Unicode because of ${shown.join(" ")}${rest}`);
    }
    return { words: words.join(" · ") };
  }

  function isMms() {
    const isApart = byId("individually")?.checked;
    const group = isApart ? "" : ", .to[data-group], .apart[data-group]";
    return Boolean(document.querySelector(`#attached input${group}`));
  }

  function count() {
    const counter = byId("counter");
    if (!counter) return;
    const { words, isOver } = counted(byId("text"), isMms());
    counter.textContent = words;
    counter.classList.toggle("is-over", Boolean(isOver));
  }

  function grow() {
    const text = byId("text");
    if (!text) return;
    const log = byId("log");
    const stays = log && isAtEnd(log);
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
    if (stays) log.scrollTop = log.scrollHeight;
  }

  document.addEventListener("composer:changed", () => {
    count();
    grow();
  });

  function opened() {
    const form = byId("composer");
    const log = byId("log");
    if (log) {
      log.scrollTop = log.scrollHeight;
      log.addEventListener("scroll", () => {
        const newer = byId("newer");
        if (newer && isAtEnd(log)) newer.hidden = true;
      });
      // Pictures load late and keyboards slide in: what was sought, or else the last message, stays
      // in sight until the person goes elsewhere.
      let sought = log.querySelector(".is-sought");
      let stays = true;
      const settle = () => {
        if (sought?.isConnected) sought.scrollIntoView({ block: "center" });
        else if (stays) log.scrollTop = log.scrollHeight;
      };
      log.addEventListener("scroll", () => (stays = isAtEnd(log)));
      for (const move of ["wheel", "touchstart", "pointerdown", "keydown"]) {
        byId("thread").addEventListener(move, () => (sought = null), { passive: true });
      }
      new ResizeObserver(settle).observe(log);
      log.addEventListener("load", settle, true);
      settle();
    }
    if (!form) return;
    byId("text").setAttribute("enterkeyhint", hasKeyboard.matches ? "send" : "enter");
    tell("composer:opened", { key: form.dataset.key });
    count();
    grow();
    if (hasKeyboard.matches && innerWidth >= 768) {
      const first = form.dataset.key === "new" ? byId("to") : byId("text");
      first?.focus({ preventScroll: true });
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "text") return;
    if (byId("sent-apart")) byId("sent-apart").textContent = "";
    tell("composer:changed");
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "text" || event.key !== "Enter") return;
    if (event.isComposing || event.keyCode === 229) return;
    const isForced = event.ctrlKey || event.metaKey;
    if (!isForced && (event.shiftKey || !hasKeyboard.matches)) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("#newer")) {
      byId("log").scrollTop = byId("log").scrollHeight;
      byId("newer").hidden = true;
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  function refuse(words) {
    const line = document.createElement("p");
    line.textContent = words;
    byId("refusal").replaceChildren(line);
  }

  // Before htmx hears of it: nothing to send, or files that are still on their way.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    const isEmpty = !byId("text").value.trim() && !document.querySelector("#attached input");
    const isUploading = Boolean(document.querySelector("#attached .is-uploading"));
    if (!isEmpty && !isUploading) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(isUploading ? "A file is still on its way. Wait until it is there." : "Write a text or attach a file.");
  }, true);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id !== "composer") return;
    sentText = byId("text").value;
    byId("refusal").replaceChildren();
    event.target.classList.add("is-sending");
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "composer") event.target.classList.remove("is-sending");
  });

  document.addEventListener("inbox:sent", (event) => {
    const text = byId("text");
    if (!text) return;
    // What was typed while the message went out is the next one.
    text.value = text.value.startsWith(sentText) ? text.value.slice(sentText.length).trimStart() : "";
    byId("attached").replaceChildren();
    byId("later").replaceChildren();
    if (event.detail?.key) byId("message-key").value = event.detail.key;
    if (byId("sent-apart")) byId("sent-apart").textContent = event.detail?.words || "";
    tell("composer:changed");
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id === "thread") {
      opened();
      // On a phone the list is gone, and with it the row that was pressed.
      if (document.activeElement === document.body) target.querySelector("h1")?.focus({ preventScroll: true });
    }
    if (target.id === "refusal" && byId("text")) byId("text").focus({ preventScroll: true });
  });

  function fit() {
    const view = window.visualViewport;
    document.documentElement.style.setProperty("--screen", `${Math.round(view.height)}px`);
    window.scrollTo(0, 0);
  }
  // iOS lays the keyboard over the page and tells only the visual viewport.
  if (window.visualViewport && matchMedia("(max-width: 767px)").matches) {
    window.visualViewport.addEventListener("resize", fit);
  }

  opened();
})();
