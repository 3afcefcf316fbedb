// Attaching: chosen, dropped or pasted, each file with a bar of its own that can be stopped.
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const changed = () => document.dispatchEvent(new CustomEvent("composer:changed"));

  function csrf() {
    return document.querySelector("#composer [name=csrfmiddlewaretoken]").value;
  }

  function rules(input) {
    return {
      most: Number(input.dataset.most),
      each: Number(input.dataset.each),
      picture: Number(input.dataset.picture),
      shrinks: input.dataset.shrinks.split(","),
      least: Number(input.dataset.least),
      total: Number(input.dataset.total || 0),
      accept: input.accept.split(","),
    };
  }

  function chip(kind, words) {
    const box = document.createElement("span");
    box.className = `chip ${kind}`;
    const text = document.createElement("bdi");
    text.textContent = words;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    box.append(text, button);
    return { box, text, button };
  }

  function refuse(words) {
    const { box, button } = chip("is-refused", words);
    box.setAttribute("role", "alert");
    button.dataset.remove = "";
    button.setAttribute("aria-label", "Dismiss");
    byId("attached").append(box);
    return box;
  }

  function upload(file, url) {
    const { box, button } = chip("is-uploading", file.name);
    box.dataset.size = file.size;
    box.dataset.type = file.type;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", `Uploading ${file.name}`);
    box.insertBefore(bar, button);
    button.setAttribute("aria-label", `Stop uploading ${file.name}`);
    byId("attached").append(box);

    const body = new FormData();
    body.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", csrf());
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    button.addEventListener("click", () => request.abort());
    request.addEventListener("abort", () => box.remove());
    request.addEventListener("loadend", () => settle(request, box, file));
    request.send(body);
  }

  function settle(request, box, file) {
    // Stopped, or another thread is open by now: a file that no message has is swept away.
    if (!box.isConnected) return changed();
    const path = new URL(request.responseURL || location.href).pathname;
    if (path.startsWith("/accounts/")) {
      refuse("You are signed out. Load the page again.");
    } else if (request.status === 200 || request.status === 422) {
      box.insertAdjacentHTML("afterend", request.responseText);
    } else {
      refuse(`“${file.name}” could not be uploaded: the server cannot be reached. Attach it again.`);
    }
    box.remove();
    return changed();
  }

  function attach(files) {
    const input = byId("files");
    const there = [...document.querySelectorAll("#attached [data-size]")];
    const known = there.map(({ dataset }) => ({ size: Number(dataset.size), type: dataset.type }));
    const { taken, refused } = judgeFiles([...files], known, rules(input));
    for (const file of taken) upload(file, input.dataset.url);
    refused.forEach(refuse);
    changed();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "files") return;
    attach(event.target.files);
    event.target.value = "";
  });

  document.addEventListener("paste", (event) => {
    if (!byId("files") || event.target.closest?.("dialog")) return;
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  });

  // The number of nested elements that the files are over: 0 = they left the page.
  let depth = 0;
  const hasFiles = (event) => byId("files") && event.dataTransfer?.types.includes("Files");
  const show = (isOver) => byId("thread")?.classList.toggle("is-dropping", isOver);

  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    show(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) show(false);
  });
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    depth = 0;
    show(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    attach(event.dataTransfer.files);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    if (button.dataset.remove) {
      fetch(button.dataset.remove, { method: "POST", headers: { "X-CSRFToken": csrf() } });
    }
    button.closest(".chip").remove();
    changed();
    byId("text").focus();
  });
})();
