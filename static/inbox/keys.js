// The inbox by keyboard: "?" shows which keys.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll("#rows .row")];

  function isTyping(target) {
    return target.closest("input:not([type=radio]), textarea, select, [contenteditable], dialog");
  }

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const focused = all.indexOf(document.activeElement);
    const current = focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[Math.min(all.length - 1, Math.max(0, current + by))] ?? all[0];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    if (next === all.at(-1) && by > 0) byId("rows-more")?.click();
  }

  function escape(event) {
    if (document.querySelector("dialog[open]")) return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (closePanel()) {
      return;
    } else if (event.target.id === "q") {
      event.target.blur();
    } else if (event.target.id === "text") {
      (document.querySelector(".row[aria-current]") ?? byId("log")).focus();
    } else if (isTyping(event.target)) {
      return;
    } else {
      document.querySelector(".who .back")?.click();
    }
  }

  const ACTIONS = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => byId("q")?.focus(),
    n: () => byId("new")?.click(),
    "?": () => byId("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      escape(event);
      return;
    }
    if (isTyping(event.target)) return;
    const inList = event.target.closest("#rows");
    const arrows = { ArrowDown: "j", ArrowUp: "k" };
    const action = ACTIONS[inList ? (arrows[event.key] ?? event.key) : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) byId("keys").showModal();
  });
})();
