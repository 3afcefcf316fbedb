// An htmx swap, "merge", that touches only what changed: children are matched by id. Focus,
// selection, loaded pictures and the place one reads at survive a refresh.
"use strict";
(function () {
  const NEAR = 48;

  function isAtEnd(log) {
    return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  }

  function merge(target, fragment) {
    const fresh = [...fragment.children];
    const wanted = new Set(fresh.map((child) => child.id));
    for (const old of [...target.children]) if (!wanted.has(old.id)) old.remove();
    const added = [];
    let place = target.firstElementChild;
    for (const child of fresh) {
      const old = document.getElementById(child.id);
      const known = old && old.parentElement === target ? old : null;
      let node = known;
      if (!known || !known.isEqualNode(child)) {
        node = child;
        added.push(child);
      }
      if (known && node !== known) {
        if (place === known) place = known.nextElementSibling;
        known.replaceWith(node);
        if (node.nextElementSibling !== place) target.insertBefore(node, place);
      } else if (node === place) {
        place = place.nextElementSibling;
      } else {
        target.insertBefore(node, place);
      }
    }
    return added;
  }

  // The first message on the screen stays where it is, whatever comes or goes above it.
  function anchorOf(log) {
    const top = log.getBoundingClientRect().top;
    for (const child of log.querySelectorAll(".bubble")) {
      const box = child.getBoundingClientRect();
      if (box.bottom > top) return { id: child.id, offset: box.top - top };
    }
    return null;
  }

  function keepPlace(log, anchor) {
    const node = anchor && document.getElementById(anchor.id);
    if (!node) return;
    const offset = node.getBoundingClientRect().top - log.getBoundingClientRect().top;
    log.scrollTop += offset - anchor.offset;
  }

  function mergeLog(log, fragment) {
    const stays = isAtEnd(log);
    const anchor = stays ? null : anchorOf(log);
    const last = [...log.querySelectorAll(".bubble")].pop();
    const added = merge(log, fragment);
    const newest = [...log.querySelectorAll(".bubble")].pop();
    const hasNews = newest && (!last || newest.id !== last.id);
    const isOwn = hasNews && newest.classList.contains("is-ours");
    if (stays || isOwn) log.scrollTop = log.scrollHeight;
    else keepPlace(log, anchor);
    const button = document.getElementById("newer");
    if (button && hasNews) button.hidden = stays || isOwn;
    return added;
  }

  htmx.defineExtension("merge", {
    isInlineSwap: (style) => style === "merge",
    handleSwap: (style, target, fragment) => {
      if (style !== "merge") return false;
      return target.id === "log" ? mergeLog(target, fragment) : merge(target, fragment);
    },
  });

  globalThis.isAtEnd = isAtEnd;
})();
