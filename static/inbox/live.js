// Keeping the page current: hints by server-sent events, and a slow poll that needs none of them.
"use strict";
(function () {
  const PAUSE = 1000;
  const POLL = 20000;
  const body = document.body;
  const byId = (id) => document.getElementById(id);

  let source = null;
  let due = { rows: false, log: false };
  let timer = 0;
  let last = 0;
  let rowsAfterLog = false;

  function refresh() {
    timer = 0;
    last = Date.now();
    // In the middle of a long thread the newest messages would leave a gap.
    const isPast = Boolean(byId("log-shown")?.dataset.newer);
    const isOpen = Boolean(byId("log")?.dataset.conversation) && !isPast;
    // The thread first: looking at it is what makes its row read.
    rowsAfterLog = due.rows && due.log && isOpen;
    if (due.log && isOpen) htmx.trigger("#log", "refresh");
    if (due.rows && !rowsAfterLog) htmx.trigger("#rows", "refresh");
    due = { rows: false, log: false };
  }

  function ask(parts) {
    due.rows = due.rows || parts.rows;
    due.log = due.log || parts.log;
    if (!timer) timer = setTimeout(refresh, Math.max(0, last + PAUSE - Date.now()));
  }

  function listen(url) {
    if (!url) return;
    source = new EventSource(url);
    source.onmessage = (event) => {
      const { conversation } = JSON.parse(event.data);
      const open = byId("log")?.dataset.conversation;
      ask({ rows: true, log: conversation === undefined || String(conversation) === open });
    };
    source.onerror = () => setTimeout(renew, 1000 + Math.random() * 4000);
  }

  // A closed source was told not to come back: its address has run out.
  async function renew() {
    if (!source || source.readyState !== EventSource.CLOSED) return;
    const closed = source;
    source = null;
    const response = await fetch(body.dataset.renew).catch(() => null);
    if (response?.ok && !response.redirected) listen(await response.text());
    else if (!response || response.status >= 500) source = closed; // asked again at the next turn
  }

  setInterval(() => {
    ask({ rows: true, log: true });
    renew();
  }, POLL);

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") ask({ rows: true, log: true });
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const isLooking = document.visibilityState === "visible";
    if (event.target.id === "log" && isLooking && body.dataset.viewing === undefined) event.detail.parameters.seen = "1";
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id !== "log" || !rowsAfterLog) return;
    rowsAfterLog = false;
    htmx.trigger("#rows", "refresh");
  });

  function showUnread() {
    const unread = Number(byId("rows-shown")?.dataset.unread || 0);
    const shown = unread > 99 ? "99+" : unread;
    document.title = (unread ? `(${shown}) ` : "") + body.dataset.title;
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    const id = event.detail.target.id;
    if (id === "rows") showUnread();
    if (id === "thread") opened(event.detail.target);
    if (id === "log") {
      const foot = byId("foot");
      const obstacle = byId("log-obstacle")?.value ?? "";
      const head = byId("head");
      const state = byId("log-handling")?.value;
      // It changed hands meanwhile: the place to write stays as it is.
      if (head && state && head.dataset.state !== state) {
        const id = event.detail.target.dataset.conversation;
        htmx.ajax("GET", `${body.dataset.inbox}${id}/head/${location.search}`, { target: "#head", swap: "outerHTML" });
      }
      // They texted STOP or START meanwhile: the place to write goes or comes.
      if (foot && foot.dataset.obstacle !== obstacle) {
        htmx.ajax("GET", location.pathname + location.search, { target: "#thread" });
      }
    }
  });

  function opened(pane) {
    ask({ rows: true, log: false });
    const id = pane.querySelector(".thread")?.dataset.conversation;
    const current = document.querySelector(".row[aria-current]");
    if (!id) {
      // Closed, by marking it unread: back to its row.
      current?.removeAttribute("aria-current");
      current?.focus();
    }
    // A row far down the list is not fetched again.
    const row = id && body.dataset.viewing === undefined && byId(`c${id}`);
    if (row) {
      row.classList.remove("is-unread", "is-mentioned");
      for (const count of row.querySelectorAll(".count")) count.remove();
    }
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest(".row");
    if (!row) return;
    for (const other of document.querySelectorAll(".row[aria-current]")) {
      other.removeAttribute("aria-current");
    }
    row.setAttribute("aria-current", "page");
  });

  function say(text, link) {
    const notice = byId("notice");
    notice.textContent = text;
    notice.hidden = !text;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link;
      anchor.textContent = "Sign in again";
      notice.append(" ", anchor);
    }
  }

  // Signed out meanwhile: the answer is the sign-in page, which belongs in no part of this one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/accounts/")) {
      event.detail.shouldSwap = false;
      say("You are signed out.", location.pathname);
      return;
    }
    if (xhr.status < 400) say("");
  });

  function failed(event) {
    const isSending = event.target.id === "composer" || event.target.closest?.("#foot, .again");
    const status = event.detail.xhr?.status || 0;
    if (status === 403 || status === 404) say("This is not open to you any more.", location.pathname);
    else if (isSending) say("It could not be sent: the server cannot be reached. Try again.");
    else if (status === 503) say("That took too long. Try again; a search is quicker with longer words.");
    else say("The server cannot be reached. What you see may be out of date.");
  }
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, failed);
  }

  body.addEventListener("inbox:handled", () => ask({ rows: true, log: true }));

  showUnread();
  listen(body.dataset.events);
})();
