// htmx swaps that touch only what changed: children are matched by id. Focus, selection, loaded
// pictures and the place one reads at survive a refresh.
//   merge    the newest part; older parts that were fetched stay where they join on
//   append   the list goes on at its end
//   earlier  a thread goes on at its beginning
//   later    a thread goes on at its end
//   patch    the children that are there already, no others
"use strict";
(function () {
  const NEAR = 48;
  const MODES = new Set(["merge", "append", "earlier", "later", "patch"]);

  function isAtEnd(log) {
    return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  }

  const placed = (parent) => [...parent.children].filter((child) => child.dataset.place);

  // What was fetched before and lies beyond the fresh part. It joins on where a child is found in
  // both at the same place; without one there would be a gap.
  function beyond(target, fresh) {
    const places = new Map(fresh.map((child) => [child.id, child.dataset.place]));
    const joins = (child) => child.dataset.place && places.get(child.id) === child.dataset.place;
    const isNew = (child) => !places.has(child.id);
    const old = [...target.children];
    if (target.id === "log") {
      const first = old.findIndex(joins);
      const kept = first > 0 ? old.slice(0, first) : [];
      if (!kept.some((child) => child.dataset.place && isNew(child))) return [];
      return kept.filter((child) => child.matches(".bubble, .day, #earlier") && (isNew(child) || child.matches(".day, #earlier")));
    }
    const last = old.findLastIndex(joins);
    const kept = last < 0 ? [] : old.slice(last + 1).filter((child) => child.dataset.place && isNew(child));
    return kept.length ? [...kept, ...old.filter((child) => child.id === "rows-more")] : [];
  }

  function merge(target, fragment) {
    let fresh = [...fragment.children];
    const isSameList =
      target.id === "log" ||
      target.querySelector("#rows-shown")?.dataset.list === fragment.querySelector("#rows-shown")?.dataset.list;
    const kept = isSameList ? beyond(target, fresh) : [];
    if (kept.length) {
      const ids = new Set(kept.map((child) => child.id));
      fresh = fresh.filter((child) => !ids.has(child.id) && !["earlier", "rows-more", "rows-cut"].includes(child.id));
      const inputs = fresh.filter((child) => child.matches("input"));
      const others = fresh.filter((child) => !child.matches("input"));
      fresh = target.id === "log" ? [...inputs, ...kept, ...others] : [...fresh, ...kept];
    }
    return replace(target, fresh);
  }

  // Whoever is on something stays on it, or in the thread if it is gone.
  function put(old, node) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const links = (child) => [...child.querySelectorAll("a, button")];
    const index = focused ? links(old).indexOf(focused) : -1;
    if (old.classList.contains("is-tapped")) node.classList.add("is-tapped");
    old.replaceWith(node);
    if (!focused) return;
    const same = focused === old ? node : links(node)[index];
    const isSame = same === node || same?.textContent === focused.textContent;
    if (isSame) same.focus({ preventScroll: true });
    if (!node.contains(document.activeElement)) node.parentElement?.focus({ preventScroll: true });
  }

  // A button that goes between press and release is never clicked: what is held down stays as it
  // is, and its part of the page is asked for once more when it is let go.
  const outdated = new Set();

  function isHeld(old, target) {
    const held = old.matches("a:active") || old.querySelector("a:active, button:active");
    if (held) outdated.add(target);
    return Boolean(held);
  }

  function released() {
    for (const target of outdated) htmx.trigger(target, "refresh");
    outdated.clear();
  }
  for (const end of ["pointerup", "pointercancel", "keyup"]) addEventListener(end, () => setTimeout(released));

  function replace(target, fresh) {
    const wanted = new Set(fresh.map((child) => child.id));
    for (const old of [...target.children]) if (!wanted.has(old.id)) old.remove();
    const added = [];
    let place = target.firstElementChild;
    for (const child of fresh) {
      const old = document.getElementById(child.id);
      const known = old && old.parentElement === target ? old : null;
      let node = known;
      if (!known || (known !== child && !known.isEqualNode(child) && !isHeld(known, target))) {
        node = child;
        added.push(child);
      }
      if (known && node !== known) {
        if (place === known) place = known.nextElementSibling;
        put(known, node);
        if (node.nextElementSibling !== place) target.insertBefore(node, place);
      } else if (node === place) {
        place = place.nextElementSibling;
      } else {
        target.insertBefore(node, place);
      }
    }
    return added;
  }

  function patch(target, fragment) {
    const added = [];
    for (const child of [...fragment.children]) {
      const old = child.dataset.place ? document.getElementById(child.id) : null;
      if (!old || old.parentElement !== target || old.isEqualNode(child) || isHeld(old, target)) continue;
      put(old, child);
      added.push(child);
    }
    return added;
  }

  function append(target, fragment) {
    document.getElementById("rows-more")?.remove();
    const added = [...fragment.children].filter((child) => !document.getElementById(child.id));
    target.append(...added);
    added.find((child) => child.matches(".row"))?.focus({ preventScroll: true });
    return added;
  }

  // Each part begins with its day; where two parts of one day meet, the first line is enough.
  function meetDays(log) {
    const seen = new Set();
    for (const day of log.querySelectorAll(".day")) {
      if (seen.has(day.id)) day.remove();
      seen.add(day.id);
    }
  }

  function earlier(log, fragment) {
    const anchor = anchorOf(log);
    const hadFocus = document.activeElement?.id === "earlier";
    document.getElementById("earlier")?.remove();
    const added = [...fragment.children].filter((child) => child.matches(".bubble, .day, #earlier"));
    const fresh = added.filter((child) => !child.matches(".bubble") || !document.getElementById(child.id));
    const first = placed(log)[0];
    const before = first?.previousElementSibling?.matches(".day") ? first.previousElementSibling : first;
    quietly(log, () => {
      for (const child of fresh) log.insertBefore(child, before ?? null);
      meetDays(log);
    });
    keepPlace(log, anchor);
    if (hadFocus) (document.getElementById("earlier") ?? log).focus({ preventScroll: true });
    return fresh;
  }

  function later(log, fragment) {
    document.getElementById("later-messages")?.remove();
    const input = fragment.querySelector("#log-shown");
    if (input) document.getElementById("log-shown")?.replaceWith(input);
    const added = [...fragment.children].filter((child) => child.matches(".bubble, .day, #later-messages"));
    const fresh = added.filter((child) => !child.matches(".bubble") || !document.getElementById(child.id));
    quietly(log, () => {
      log.append(...fresh);
      meetDays(log);
    });
    return fresh;
  }

  // History that is fetched is no news: screen readers need not read it out.
  function quietly(log, change) {
    log.setAttribute("aria-live", "off");
    change();
    setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
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
    const wasPast = Boolean(document.getElementById("log-shown")?.dataset.newer);
    const stays = isAtEnd(log) || wasPast;
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

  function swap(mode, target, fragment) {
    if (mode === "append") return append(target, fragment);
    if (mode === "patch") return patch(target, fragment);
    if (target.id !== "log") return merge(target, fragment);
    const done = { earlier, later, merge: mergeLog }[mode](target, fragment);
    const isPast = Boolean(document.getElementById("log-shown")?.dataset.newer);
    const newest = document.getElementById("newest");
    if (newest) newest.hidden = !isPast;
    return done;
  }

  // Bound at once: htmx does it a moment later, and a click before would be lost.
  function bind(added) {
    for (const node of Array.isArray(added) ? added : []) {
      if (node.nodeType === Node.ELEMENT_NODE) htmx.process(node);
    }
    return added;
  }

  htmx.defineExtension("merge", {
    isInlineSwap: (style) => MODES.has(style),
    handleSwap: (style, target, fragment) => MODES.has(style) && bind(swap(style, target, fragment)),
  });

  globalThis.isAtEnd = isAtEnd;
})();
