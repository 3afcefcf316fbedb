// The composer: counting parts, Enter sends, attaching, and drafts that outlive a change of thread.
"use strict";
(function () {
  const drafts = new Map();
  let sentText = "";

  const byId = (id) => document.getElementById(id);

  function count() {
    const text = byId("text");
    const counter = byId("counter");
    if (!text || !counter) return;
    const many = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
    if (document.querySelector("#attached input")) {
      const length = [...text.value].length;
      counter.textContent = length ? `${many(length, "character")} · MMS` : "MMS";
      return;
    }
    const { encoding, count: parts, characters } = measureSegments(text.value);
    const alphabet = encoding === "UCS-2" ? " · Unicode" : "";
    counter.textContent = text.value
      ? `${many(characters, "character")} · ${many(parts, "segment")}${alphabet}`
      : "";
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

  function changed() {
    const form = byId("composer");
    if (form) {
      drafts.set(form.dataset.key, {
        text: byId("text").value,
        attached: byId("attached").innerHTML,
      });
    }
    count();
    grow();
  }

  function opened() {
    const form = byId("composer");
    const log = byId("log");
    if (log) {
      log.scrollTop = log.scrollHeight;
      log.addEventListener("scroll", () => isAtEnd(log) && (byId("newer").hidden = true));
      // Pictures load late and keyboards slide in: the last message stays in sight.
      let stays = true;
      log.addEventListener("scroll", () => (stays = isAtEnd(log)));
      const observer = new ResizeObserver(() => stays && (log.scrollTop = log.scrollHeight));
      observer.observe(log);
      log.addEventListener("load", () => stays && (log.scrollTop = log.scrollHeight), true);
    }
    if (!form) return;
    const draft = drafts.get(form.dataset.key);
    if (draft && !byId("text").value) {
      byId("text").value = draft.text;
      byId("attached").innerHTML = draft.attached;
    }
    count();
    grow();
    if (matchMedia("(hover: hover) and (min-width: 768px)").matches && form.dataset.key !== "new") {
      byId("text").focus({ preventScroll: true });
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "text") changed();
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "text" || event.key !== "Enter") return;
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  document.addEventListener("paste", (event) => {
    if (event.target.id !== "text" || !event.clipboardData.files.length) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  });

  document.addEventListener("dragover", (event) => {
    if (byId("files") && event.dataTransfer.types.includes("Files")) event.preventDefault();
  });

  document.addEventListener("drop", (event) => {
    if (!byId("files") || !event.dataTransfer.files.length) return;
    event.preventDefault();
    attach(event.dataTransfer.files);
  });

  function attach(files) {
    const input = byId("files");
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove]");
    if (remove) {
      remove.closest(".chip").remove();
      changed();
      byId("text").focus();
    }
    if (event.target.closest("#newer")) {
      byId("log").scrollTop = byId("log").scrollHeight;
      byId("newer").hidden = true;
    }
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    const isEmpty = !byId("text").value.trim() && !document.querySelector("#attached input");
    if (isEmpty || document.querySelector("#files.htmx-request")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id !== "composer") return;
    sentText = byId("text").value;
    byId("refusal").replaceChildren();
  });

  document.addEventListener("inbox:sent", () => {
    const text = byId("text");
    if (!text) return;
    // What was typed while the message went out is the next one.
    text.value = text.value.startsWith(sentText) ? text.value.slice(sentText.length).trimStart() : "";
    byId("attached").replaceChildren();
    changed();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    if (target.id === "thread") opened();
    if (target.id === "attached") {
      byId("files").value = "";
      changed();
    }
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
