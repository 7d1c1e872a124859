"use strict";
// Shows what a user of LINE or Telegram would see. All text goes in by textContent.
const log = document.getElementById("log");
const notes = document.getElementById("notes");
const user = document.getElementById("user");
const text = document.getElementById("text");
let platform = "line";
let mine = {};
let counts = {};
let shown = -1;

const address = () => `/${platform}/${user.value || 1}`;

function make(tag, className, content) {
  const element = document.createElement(tag);
  element.className = className;
  if (content !== undefined) element.textContent = content;
  return element;
}

async function act(action, said) {
  const key = address();
  (mine[key] ??= []).push({ after: counts[key] ?? 0, text: said });
  const answer = await fetch(key, { method: "POST", body: JSON.stringify(action), headers: { "Content-Type": "application/json" } });
  if (!answer.ok) notes.textContent = (await answer.json()).error;
  shown = -1;
  refresh();
}

function makeButton(label, data, url) {
  if (url) {
    const link = make("a", "", label);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  const button = make("button", "", label);
  button.type = "button";
  button.addEventListener("click", () => act({ press: data }, label));
  return button;
}

// LINE: a Flex component and everything in it.
function makeComponent(component) {
  if (component.type === "text") {
    return make("div", `${component.weight === "bold" ? "bold" : ""} ${component.size ? "muted" : ""}`, component.text);
  }
  if (component.type === "button") return makeButton(component.action.label, component.action.data, component.action.uri);
  const box = make("div", component.contents.some((item) => item.type === "button") ? "row" : "");
  box.append(...component.contents.map(makeComponent));
  return box;
}

function makeBubble(bubble) {
  const element = make("div", "theirs");
  element.append(...["header", "body", "footer"].filter((name) => bubble[name]).map((name) => makeComponent(bubble[name])));
  return element;
}

function makeLine(message, isLast) {
  const elements = [];
  if (message.type === "text") elements.push(make("div", "theirs", message.text));
  else if (message.contents.type === "carousel") {
    const cards = make("div", "cards");
    cards.append(...message.contents.contents.map(makeBubble));
    elements.push(cards);
  } else elements.push(makeBubble(message.contents));
  if (isLast && message.quickReply) {
    const row = make("div", "theirs row");
    row.append(...message.quickReply.items.map(({ action }) => makeButton(action.label, action.data, action.uri)));
    elements.push(row);
  }
  return elements;
}

// Telegram: its few tags, read by a parser that runs nothing.
function makeHtml(html) {
  const element = make("div", "");
  const copy = (from, to) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.textContent);
      else {
        const child = make({ B: "b", I: "i", A: "a" }[node.tagName] ?? "span", "");
        if (node.tagName === "A" && /^https?:/.test(node.getAttribute("href"))) child.href = node.getAttribute("href");
        copy(node, child);
        to.append(child);
      }
    }
  };
  copy(new DOMParser().parseFromString(html, "text/html").body, element);
  return element;
}

function makeTelegram(message) {
  const element = make("div", "theirs");
  element.append(message.parse_mode ? makeHtml(message.text) : make("div", "", message.text));
  for (const row of message.reply_markup?.inline_keyboard ?? []) {
    const buttons = make("div", "row");
    buttons.append(...row.map((button) => makeButton(button.text, button.callback_data, button.url)));
    element.append(buttons);
  }
  return [element];
}

async function refresh() {
  const key = address();
  const state = await (await fetch(key)).json();
  if (key !== address() || state.messages.length === shown) return;
  shown = counts[key] = state.messages.length;
  const said = [...(mine[key] ?? [])];
  log.replaceChildren();
  state.messages.forEach((message, place) => {
    while (said.length && said[0].after <= place) log.append(make("div", "mine", said.shift().text));
    log.append(...(platform === "line" ? makeLine(message, place === shown - 1) : makeTelegram(message)));
  });
  log.append(...said.map((item) => make("div", "mine", item.text)));
  if (state.notes.length) notes.textContent = state.notes.join("\n");
  log.scrollTop = log.scrollHeight;
}

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (text.value.trim()) act({ say: text.value }, text.value);
  text.value = "";
});
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => act({ do: button.dataset.do }, button.textContent));
}
for (const button of document.querySelectorAll("[data-platform]")) {
  button.addEventListener("click", () => {
    platform = button.dataset.platform;
    document.querySelectorAll("[data-platform]").forEach((other) => other.setAttribute("aria-pressed", other === button));
    shown = -1;
    refresh();
  });
}
user.addEventListener("change", () => { shown = -1; refresh(); });
setInterval(() => refresh().catch(() => {}), 400);
refresh();
