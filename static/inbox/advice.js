// Content help while writing: asks the server once a person pauses, and mends the text on a press.
// Nothing here stops a message from being sent.
"use strict";
(function () {
  const PAUSE = 700;
  const byId = (id) => document.getElementById(id);
  let timer = 0;
  let asked = 0;
  let askedFor = "";

  function question() {
    const body = new FormData();
    body.append("text", byId("text").value);
    const key = byId("composer").dataset.key;
    if (key !== "new") body.append("conversation", key);
    for (const to of document.querySelectorAll("#recipients [name=to]")) body.append("to", to.value);
    if (byId("from")) body.append("from", byId("from").value);
    if (byId("individually")?.checked) body.append("individually", "1");
    if (document.querySelector("#attached input")) body.append("media", "1");
    return body;
  }

  const fingerprint = (body) => JSON.stringify([byId("composer").dataset.key, ...body.entries()]);

  // A region that scrolls must be reached by the keyboard, one that does not is no stop.
  function reach() {
    const hints = byId("hints");
    if (!hints) return;
    if (hints.scrollHeight > hints.clientHeight + 1) hints.tabIndex = 0;
    else hints.removeAttribute("tabindex");
  }

  async function ask() {
    const box = byId("advice");
    if (!box) return;
    asked += 1;
    const mine = asked;
    if (!byId("text").value.trim()) {
      askedFor = "";
      box.replaceChildren();
      reach();
      return;
    }
    const body = question();
    const wanted = fingerprint(body);
    if (wanted === askedFor) return;
    const token = document.querySelector("#composer [name=csrfmiddlewaretoken]").value;
    const response = await fetch(box.dataset.url, {
      method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" },
    }).catch(() => null);
    // Answers may overtake each other: the last question's counts. Without one there is no advice.
    if (mine !== asked || !response?.ok || response.redirected || !box.isConnected) return;
    askedFor = wanted;
    const html = await response.text();
    if (mine === asked && box.innerHTML !== html) box.innerHTML = html;
    reach();
  }

  function soon() {
    clearTimeout(timer);
    if (byId("text") && !byId("text").value.trim()) ask();
    else timer = setTimeout(ask, PAUSE);
  }

  document.addEventListener("composer:changed", soon);
  document.addEventListener("composer:opened", () => {
    askedFor = "";
    reach();
    soon();
  });
  addEventListener("resize", reach);
  document.addEventListener("change", (event) => {
    if (event.target.id === "individually") document.dispatchEvent(new CustomEvent("composer:changed"));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#advice [data-fix]");
    if (!button) return;
    const text = byId("text");
    text.focus();
    if (fingerprint(question()) !== askedFor) {
      // Written on since: the mended text would take that away.
      soon();
      return;
    }
    text.select();
    // As if typed, so that Ctrl+Z takes it back; browsers that cannot simply get the text.
    if (!document.execCommand("insertText", false, button.dataset.fix)) text.value = button.dataset.fix;
    text.setSelectionRange(text.value.length, text.value.length);
    document.dispatchEvent(new CustomEvent("composer:changed"));
  });
})();
