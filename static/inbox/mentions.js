// Offering colleagues while somebody types @ in a note.
"use strict";
(function () {
  const MOST = 6;
  const TYPED = /(^|\s)@([^@\n]{0,30})$/;
  const byId = (id) => document.getElementById(id);
  let chosen = -1;

  const shown = () => [...(byId("colleagues")?.querySelectorAll("li:not([hidden])") ?? [])];

  function close() {
    const list = byId("colleagues");
    if (list) list.hidden = true;
    byId("note")?.removeAttribute("aria-activedescendant");
    chosen = -1;
  }

  function mark(index) {
    const items = shown();
    chosen = items.length ? (index + items.length) % items.length : -1;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    if (chosen < 0) return;
    byId("note").setAttribute("aria-activedescendant", items[chosen].id);
    items[chosen].scrollIntoView({ block: "nearest" });
  }

  function offer(field) {
    const list = byId("colleagues");
    const match = TYPED.exec(field.value.slice(0, field.selectionStart));
    if (!list || !match) return close();
    const typed = match[2].toLowerCase();
    let count = 0;
    for (const item of list.querySelectorAll("li")) {
      const names = `${item.dataset.mention} ${item.dataset.number}`.toLowerCase();
      const isWanted = count < MOST && names.split(" ").some((_, at, words) => words.slice(at).join(" ").startsWith(typed));
      item.hidden = !isWanted;
      if (isWanted) count += 1;
    }
    list.hidden = !count;
    if (count) mark(0);
    else close();
  }

  function insert(item) {
    const field = byId("note");
    const before = field.value.slice(0, field.selectionStart);
    const start = before.length - TYPED.exec(before)[2].length;
    const after = field.value.slice(field.selectionStart);
    field.value = `${before.slice(0, start)}${item.dataset.mention} ${after}`;
    field.selectionStart = field.selectionEnd = start + item.dataset.mention.length + 1;
    close();
    field.focus();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "note") offer(event.target);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "note") return;
    const isOpen = byId("colleagues")?.hidden === false;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      byId("note-form").requestSubmit();
      event.preventDefault();
    }
    if (!isOpen) return;
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") insert(shown()[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // Before the field loses the focus.
  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest?.("#colleagues li");
    if (!item) return;
    event.preventDefault();
    insert(item);
  });

  document.addEventListener("focusout", (event) => {
    if (event.target.id === "note") close();
  });

  // Who types faster than the list comes is offered it now.
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "colleagues" && document.activeElement === byId("note")) offer(byId("note"));
  });

  // They texted STOP or START meanwhile, and the thread is put in anew: the note goes on.
  let kept = null;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "thread") return;
    const note = byId("note");
    const thread = byId("log")?.dataset.conversation;
    kept = note?.value ? { thread, text: note.value, isFocused: document.activeElement === note } : null;
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "thread" || !kept) return;
    const note = byId("note");
    if (note && !note.value && byId("log")?.dataset.conversation === kept.thread) {
      note.value = kept.text;
      byId("note-box").open = true;
      if (kept.isFocused) note.focus();
    }
    kept = null;
  });

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.id === "note-box" && event.target.open) byId("note").focus();
    },
    true,
  );

  document.body.addEventListener("inbox:noted", () => {
    const field = byId("note");
    if (!field) return;
    field.value = "";
    byId("note-refusal").textContent = "";
    byId("note-box").open = false;
  });
})();
