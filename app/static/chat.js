"use strict";
// The page works without this file (the form posts); with it, answers come without a reload, and feedback can be given.
// All text goes in by textContent: nothing from a question or an answer is ever parsed as HTML.

const words = JSON.parse(document.body.dataset.words);
const language = document.body.dataset.language;
const form = document.getElementById("ask");
const field = document.getElementById("question");
const conversation = document.getElementById("conversation");
let conversationId = null;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function addMessage(kind, text) {
  const body = make("p", { class: "text", dir: "auto" }, text);
  const message = make("article", { class: `message ${kind}` }, make("h2", {}, words[kind === "citizen" ? "you" : "assistant"]), body);
  conversation.append(message);
  message.scrollIntoView({ block: "nearest" });
  return message;
}

function makeCitation(citation) {
  const date = citation.published_at || words.undated;
  const summary = make("summary", {}, `${citation.title} — ${citation.publisher}, ${date} (${words[citation.trust]})`);
  const details = make("details", {}, summary, make("blockquote", {}, citation.quote));
  details.append(
    citation.url
      ? make("a", { href: citation.url, target: "_blank", rel: "noopener noreferrer" }, words.open_source)
      : make("span", {}, words.no_citation_link),
  );
  return make("li", {}, details);
}

async function post(address, content) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language },
    body: JSON.stringify(content),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

// A picture, not an emoji: not every system has a font for those.
function makeThumb(direction) {
  return make("img", { src: `/static/thumb-${direction}.svg`, alt: "", width: "18", height: "18" });
}

function makeFeedback(questionId) {
  const box = make("div", { class: "feedback" }, make("span", {}, words.helpful));
  const finish = async (vote, reason, comment) => {
    try {
      await post("/api/feedback", { question_id: questionId, vote, reason, comment });
      box.replaceChildren(make("span", { role: "status" }, words.thanks));
    } catch (error) {
      box.append(make("span", { role: "alert" }, error.message || words.failed));
    }
  };
  const up = make("button", { type: "button", class: "up" }, makeThumb("up"), words.vote_up);
  const down = make("button", { type: "button", class: "down", "aria-expanded": "false" }, makeThumb("down"), words.vote_down);
  up.addEventListener("click", () => finish(1, "", ""));
  down.addEventListener("click", () => {
    if (down.getAttribute("aria-expanded") === "true") return;
    down.setAttribute("aria-expanded", "true");
    const id = `reason-${questionId}`;
    const reason = make("select", { id, name: "reason" }, make("option", { value: "" }, words.why));
    for (const [value, text] of Object.entries(words.reasons)) reason.append(make("option", { value }, text));
    const comment = make("input", { type: "text", maxlength: "1000", "aria-label": words.comment, placeholder: words.comment });
    const why = make("form", {}, make("label", { for: id }, words.why), reason, comment, make("button", { type: "submit" }, words.send_feedback));
    why.addEventListener("submit", (event) => {
      event.preventDefault();
      finish(-1, reason.value, comment.value);
    });
    box.append(why);
    reason.focus();
  });
  box.append(up, down);
  return box;
}

// One of the things a question may mean: asked again with its name.
function makeReading(option, question) {
  const button = make("button", { type: "button", class: "reading" }, option.title);
  button.addEventListener("click", () => ask(`${option.title} ${question}`));
  return button;
}

function showAnswer(message, answer, question) {
  message.dataset.status = answer.status;
  message.lang = answer.language;
  message.querySelector(".text").textContent = answer.answer;
  if (answer.citations.length) {
    message.append(make("h3", {}, words.sources), make("ol", { class: "citations" }, ...answer.citations.map(makeCitation)));
  }
  if (answer.status === "clarify") message.append(...answer.related.map((option) => makeReading(option, question)));
  message.append(makeFeedback(answer.question_id));
  message.scrollIntoView({ block: "nearest" });
}

// The answer comes by server-sent events: sentences as they are written, then the whole, which is what counts.
async function askStreaming(content, onText) {
  const response = await fetch("/api/ask/stream", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": language },
    body: JSON.stringify(content),
  });
  if (!response.ok) throw new Error((await response.json()).message);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new TypeError("the stream ended before the answer");
    waiting += value.replaceAll("\r\n", "\n");
    const events = waiting.split("\n\n");
    waiting = events.pop();
    for (const event of events) {
      const lines = event.split("\n");
      const name = lines.find((line) => line.startsWith("event:"))?.slice(6).trim();
      const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (name === "text") onText(JSON.parse(data).text);
      if (name === "answer") return JSON.parse(data);
    }
  }
}

async function ask(question) {
  addMessage("citizen", question);
  const message = addMessage("assistant", words.waiting);
  const shown = [];
  const showText = (text) => {
    shown.push(text);
    message.querySelector(".text").textContent = shown.join("\n");
  };
  try {
    const answer = await askStreaming({ question, language, conversation: conversationId }, showText);
    conversationId = answer.conversation;
    showAnswer(message, answer, question);
  } catch (error) {
    message.querySelector(".text").textContent = error instanceof TypeError ? words.failed : error.message;
    field.value = question;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const pressed = event.submitter;
  const question = (pressed && pressed.name === "suggestion" ? pressed.value : field.value).trim();
  if (!question) return field.focus();
  field.value = "";
  ask(question);
  field.focus();
});

field.addEventListener("keydown", (event) => {
  // Enter sends; Shift+Enter is a new line; while an input method composes Chinese, Enter chooses a word.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// News stands above the conversation; what concerns an answer given here stands in it, once.
const news = document.getElementById("news");
const told = new Set();

function makeNewsItem(item) {
  const text = make("p", { class: "text", dir: "auto" }, item.text);
  const entry = make("details", item.emergency ? { class: "emergency", open: "" } : {}, make("summary", {}, item.heading), text);
  if (item.link) entry.append(make("a", { href: item.link, target: "_blank", rel: "noopener noreferrer" }, words.more));
  return entry;
}

async function showNews() {
  const query = new URLSearchParams({ language, conversation: conversationId || "" });
  try {
    const response = await fetch(`/api/news?${query}`);
    if (!response.ok) return;
    const found = await response.json();
    news.hidden = !found.announcements.length;
    news.replaceChildren(...found.announcements.map(makeNewsItem));
    for (const notice of found.notices.filter(({ id }) => !told.has(id))) {
      told.add(notice.id);
      addMessage("assistant", `${notice.heading}\n${notice.text}`);
    }
  } catch {
    // The page is as good without news; the next look may find them.
  }
}

showNews();
setInterval(showNews, 60_000);
