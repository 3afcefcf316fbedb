"use strict";

const byId = (id) => document.getElementById(id);
const ours = byId("our-number");
const customer = byId("customer-number");
const text = byId("text");
const attach = byId("attach");
const thread = byId("thread");
let shownNumbers = "";
let shownThread = "";
let shownCallbacks = "";

function element(tag, className, content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (content !== undefined) node.textContent = content;
  return node;
}

function notify(message) {
  byId("notice").textContent = message;
  byId("notice").hidden = !message;
}

function showNumbers(numbers) {
  const key = JSON.stringify(numbers);
  if (key === shownNumbers) return;
  shownNumbers = key;
  const chosen = ours.value;
  ours.replaceChildren(...numbers.map(({ number, account_id }) => {
    const option = element("option", "", number);
    option.value = number;
    option.title = `Account ${account_id}`;
    return option;
  }));
  if (numbers.some(({ number }) => number === chosen)) ours.value = chosen;
  if (!numbers.length) ours.append(element("option", "", "none registered yet"));
}

function picture({ url, name }) {
  if (!url) return element("span", "", name);
  const link = element("a");
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener";
  const image = element("img");
  image.src = url;
  image.alt = name;
  image.addEventListener("error", () => link.replaceChildren(element("span", "", name)));
  link.append(image);
  return link;
}

function bubble(message) {
  const node = element("div", `bubble ${message.direction}`);
  node.dataset.id = message.id;
  node.append(...message.media.map(picture), element("span", "text", message.text));
  const time = new Date(message.at).toLocaleTimeString([], { timeStyle: "short" });
  const failed = message.error_code ? `, failed with ${message.error_code}` : "";
  const others = message.others.length ? `, also to ${message.others.join(", ")}` : "";
  node.append(element("small", "", time + others + failed));
  return node;
}

function showThread(messages) {
  const key = JSON.stringify(messages);
  if (key === shownThread) return;
  shownThread = key;
  thread.replaceChildren(...messages.map(bubble));
  thread.scrollTop = thread.scrollHeight;
}

function showCallbacks(entries) {
  const key = JSON.stringify(entries);
  if (key === shownCallbacks) return;
  shownCallbacks = key;
  byId("callbacks").replaceChildren(...[...entries].reverse().map((entry) => {
    const answer = entry.status ? `${entry.status} in ${entry.milliseconds} ms` : "no answer";
    const line = element("li", "", `${entry.type} to ${entry.to}: `);
    line.append(element("strong", entry.outcome === "taken" ? "good" : "bad", answer));
    if (entry.outcome !== "taken") line.append(`, ${entry.outcome} (try ${entry.attempt})`);
    return line;
  }));
}

async function refresh() {
  const asked = new URLSearchParams({ our: ours.value, customer: customer.value.trim() });
  try {
    const response = await fetch(`/handset/state?${asked}`);
    const state = await response.json();
    showNumbers(state.numbers);
    showCallbacks(state.callbacks);
    const isCurrent = asked.get("our") === ours.value && asked.get("customer") === customer.value.trim();
    if (isCurrent) showThread(state.messages);
  } catch {
    notify("The simulator does not answer.");
    return;
  }
  if (byId("notice").textContent === "The simulator does not answer.") notify("");
}

function encode(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => resolve({
      filename: file.name,
      content_type: file.type,
      data: reader.result.slice(reader.result.indexOf(",") + 1),
    });
    reader.readAsDataURL(file);
  });
}

async function send(event) {
  event.preventDefault();
  if (byId("send").disabled || (!text.value.trim() && !attach.files.length)) return;
  byId("send").disabled = true;
  const words = text.value;
  const files = [...attach.files];
  // At once: what is typed while this goes out is the next text.
  text.value = "";
  try {
    const response = await fetch("/handset/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        our: ours.value,
        customer: customer.value.trim(),
        text: words,
        attachments: await Promise.all(files.map(encode)),
      }),
    });
    if (!response.ok) throw new Error((await response.json()).description);
    attach.value = "";
    showPicked();
    notify("");
  } catch (error) {
    text.value ||= words;
    notify(`Not sent: ${error.message}`);
  }
  byId("send").disabled = false;
  text.focus();
  refresh();
}

function showPicked() {
  const names = [...attach.files].map((file) => file.name).join(", ");
  byId("picked").textContent = names;
  byId("picked").hidden = !names;
}

byId("compose").addEventListener("submit", send);
attach.addEventListener("change", showPicked);
ours.addEventListener("change", refresh);
customer.addEventListener("input", refresh);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
});

async function poll() {
  await refresh();
  setTimeout(poll, 1000);
}
poll();
