// The To field of a new message: contacts as one types, people as chips. The server reads what was
// typed and tells the rules; this only asks it and moves the focus.
"use strict";
(function () {
  const PAUSE = 200;
  const byId = (id) => document.getElementById(id);
  let timer = 0;
  let asked = 0;
  let active = -1;

  const field = () => document.querySelector(".to");
  const options = () => [...byId("people").querySelectorAll("[role=option]")];

  function show(html) {
    const list = byId("people");
    list.innerHTML = html;
    active = -1;
    const isOpen = Boolean(list.firstElementChild);
    list.hidden = !isOpen;
    byId("to").setAttribute("aria-expanded", String(isOpen));
    byId("to").removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    const all = options();
    if (!all.length) return;
    active = (index + all.length) % all.length;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    byId("to").setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  async function suggest() {
    const typed = byId("to").value.trim();
    asked += 1;
    const mine = asked;
    if (!typed) return show("");
    const url = `${field().dataset.people}?q=${encodeURIComponent(typed)}`;
    const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    // Answers may overtake each other: the last question's counts.
    if (mine !== asked || !response?.ok || response.redirected || !byId("people")) return undefined;
    const known = new Set(chosen());
    show(await response.text());
    for (const option of options()) if (known.has(option.dataset.number)) option.remove();
    if (!options().length) show("");
    return undefined;
  }

  function chosen() {
    return [...document.querySelectorAll("#recipients [name=to]")].map((input) => input.value);
  }

  // Send everything of the field to be read again; `numbers` takes the place of what is chosen.
  async function judge(numbers, typed) {
    asked += 1;
    clearTimeout(timer);
    const body = new FormData();
    for (const number of numbers) body.append("to", number);
    if (typed) body.append("to", typed);
    body.append("from", byId("from").value);
    if (byId("individually")?.checked) body.append("individually", "1");
    const token = document.querySelector("#composer [name=csrfmiddlewaretoken]").value;
    const focused = document.activeElement?.id;
    const response = await fetch(field().dataset.judge, {
      method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" },
    }).catch(() => null);
    if (!response?.ok || response.redirected || !byId("recipients")) return;
    byId("recipients").innerHTML = await response.text();
    if (focused === "individually") byId("individually")?.focus();
    const input = byId("to");
    const isWrong = Boolean(byId("to-problem"));
    if (typed !== undefined && input.value.trim().startsWith(typed.trim())) {
      input.value = byId("recipients").querySelector("[data-rest]").dataset.rest;
    }
    input.setAttribute("aria-invalid", String(isWrong));
    if (isWrong) input.setAttribute("aria-describedby", "to-problem");
    else input.removeAttribute("aria-describedby");
    const isGroup = chosen().length > 1 && !byId("individually")?.checked;
    field().toggleAttribute("data-group", isGroup);
    show("");
    document.dispatchEvent(new CustomEvent("composer:changed"));
  }

  function take(option) {
    byId("to").value = "";
    judge([...chosen(), option.dataset.number]);
    byId("to").focus();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "to" || !field()) return;
    clearTimeout(timer);
    if (/[,;\n]/.test(event.target.value)) judge(chosen(), event.target.value);
    else timer = setTimeout(suggest, PAUSE);
  });

  document.addEventListener("change", (event) => {
    if (!field()) return;
    if (event.target.id === "individually" || event.target.id === "from") judge(chosen());
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "to" || !field() || event.isComposing) return;
    const isOpen = !byId("people").hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) return;
      event.preventDefault();
      if (event.key === "ArrowDown") mark(active + 1);
      else mark(active < 0 ? -1 : active - 1);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      show("");
    } else if (event.key === "Enter") {
      // Never the form: a half-typed name must not send the message.
      event.preventDefault();
      if (isOpen && active >= 0) take(options()[active]);
      else if (event.target.value.trim()) judge(chosen(), event.target.value);
      else byId("text").focus();
    } else if (event.key === "Backspace" && !event.target.value) {
      judge(chosen().slice(0, -1));
    }
  });

  document.addEventListener("focusout", (event) => {
    if (event.target.id !== "to" || !field()) return;
    if (event.relatedTarget?.closest?.("#people")) return;
    if (event.target.value.trim()) judge(chosen(), event.target.value);
    else show("");
  });

  // Before the field loses the focus, which would take the list away.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("#people")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const option = event.target.closest("#people [role=option]");
    if (option) take(option);
    const remove = event.target.closest("[data-remove-person]");
    if (remove) {
      const gone = remove.closest(".chip").querySelector("input").value;
      judge(chosen().filter((number) => number !== gone));
      byId("to").focus();
    }
  });

  document.addEventListener("composer:opened", () => {
    if (field() && (chosen().length || byId("to").value.trim())) judge(chosen(), byId("to").value);
  });

  document.addEventListener("recipients:restore", (event) => judge(event.detail));
})();
