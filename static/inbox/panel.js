// The contact panel: closing it, and copying a number; and what a tap on a message shows.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);

  function close() {
    const panel = byId("panel");
    if (!panel || panel.hidden) return false;
    const empty = document.createElement("aside");
    empty.id = "panel";
    empty.hidden = true;
    panel.replaceWith(empty);
    byId("open-panel")?.focus();
    return true;
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.firstChild.textContent = "Copied";
    } catch {
      button.firstChild.textContent = "Select the number to copy it";
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const isPlain = !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (isPlain && event.target.closest("#close-panel")) {
      event.preventDefault();
      close();
    }
  });

  // A tap on a message shows what can be done with it, where nothing hovers.
  document.addEventListener("click", (event) => {
    const bubble = event.target.closest(".bubble.is-theirs");
    if (event.target.closest("a, button")) return;
    for (const tapped of document.querySelectorAll(".is-tapped")) {
      if (tapped !== bubble) tapped.classList.remove("is-tapped");
    }
    bubble?.classList.toggle("is-tapped");
  });

  // The button that opens it closes it again.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "open-panel" && close()) event.preventDefault();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "panel" || event.detail.requestConfig?.elt?.id === "open-panel") {
      byId("close-panel")?.focus({ preventScroll: true });
    }
  });

  globalThis.closePanel = close;
})();
