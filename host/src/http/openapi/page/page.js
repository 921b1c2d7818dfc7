"use strict";
// Everything from the document is put in as text, never as markup.
const METHODS = ["get", "post", "put", "patch", "delete"];
let api;

function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key in node && key !== "list") node[key] = value; else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function resolved(part) {
  let found = part || {};
  for (let hops = 0; found.$ref && hops < 8; hops += 1) {
    const at = found.$ref.slice(2).split("/").map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
    const target = at.reduce((value, step) => (value || {})[step], api) || {};
    found = found.description ? { ...target, description: found.description } : target;
  }
  return found;
}

// Paragraphs, with `code` set apart.
function prose(text) {
  return (text || "").split(/\n\s*\n/).filter(Boolean).map((paragraph) => el("p", {},
    ...paragraph.split("`").map((piece, index) => (index % 2 ? el("code", {}, piece) : piece))));
}

function kindOf(schema) {
  const words = [];
  if (schema.type) words.push([].concat(schema.type).join(" or "));
  if (schema.format) words.push(schema.format);
  if (schema.enum) words.push("one of " + schema.enum.map((value) => JSON.stringify(value)).join(", "));
  const bounds = [["minimum", "at least "], ["maximum", "at most "], ["minLength", "characters at least "],
    ["maxLength", "characters at most "], ["maxItems", "items at most "], ["maxProperties", "members at most "], ["pattern", "matches "]];
  for (const [key, text] of bounds) {
    if (schema[key] === undefined) continue;
    // The long list of what is not printed is for programs.
    words.push(key === "pattern" && schema.pattern.includes("\\u2028") ? "printable text" : text + schema[key]);
  }
  return words.join("; ");
}

// Members of a schema as a nested list; what nests deeper opens on demand.
function members(schema, seen) {
  const whole = resolved(schema);
  const rows = [];
  for (const part of whole.allOf || []) rows.push(...members(part, seen));
  for (const choice of ["oneOf", "anyOf"]) {
    const choices = (whole[choice] || []).filter((part) => part.$ref || part.properties);
    for (const part of choices) rows.push(el("li", {}, el("span", { className: "kind" }, choices.length > 1 ? "either " : ""), nested(part, seen)));
  }
  const required = whole.required || [];
  for (const [name, member] of Object.entries(whole.properties || {})) rows.push(row(name, member, required.includes(name), seen));
  if (whole.items) rows.push(row("each item", whole.items, false, seen));
  if (whole.additionalProperties && typeof whole.additionalProperties === "object") rows.push(row("any name", whole.additionalProperties, false, seen));
  return rows;
}

function row(name, member, must, seen) {
  const whole = resolved(member);
  return el("li", {}, el("span", { className: "name mono" }, name), " ", must ? el("span", { className: "must" }, "required ") : "",
    el("span", { className: "kind" }, kindOf(whole)), ...prose(whole.description), nested(member, seen));
}

function nested(member, seen) {
  const name = member.$ref || ((member.items || {}).$ref) || "";
  if (name && seen.includes(name)) return el("span", { className: "kind" }, " (as above)");
  const whole = resolved(member);
  const deep = whole.properties || whole.allOf || whole.oneOf || whole.anyOf || whole.items || (whole.additionalProperties && typeof whole.additionalProperties === "object");
  if (!deep) return "";
  const rows = members(member, seen.concat(name || []));
  if (!rows.length) return "";
  return rows.length > 6 && seen.length
    ? lazily(el("summary", {}, rows.length + " members"), () => [el("ul", { className: "members" }, ...rows)])
    : el("ul", { className: "members" }, ...rows);
}

function lazily(summary, draw) {
  const details = el("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(el("div", {}, ...draw()));
  });
  return details;
}

function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function content(parts) {
  return Object.entries(parts || {}).flatMap(([kind, part]) => [
    el("p", { className: "kind" }, kind),
    nested(part.schema || {}, []) || el("span", { className: "kind" }, kindOf(resolved(part.schema))),
    part.example === undefined ? "" : el("pre", {}, shown(part.example)),
  ]);
}

function answers(operation) {
  return Object.entries(operation.responses).map(([status, part]) => {
    const answer = resolved(part);
    const first = (answer.description || "").split("\n")[0].replace(/`/g, "");
    return lazily(el("summary", {}, el("b", { className: status[0] === "2" ? "" : "bad" }, status), first), () => [
      ...prose(answer.description),
      el("p", { className: "kind" }, "Headers: " + Object.keys(answer.headers || {}).join(", ")),
      ...content(answer.content),
    ]);
  });
}

function tryOut(path, method, operation) {
  const parameters = (operation.parameters || []).map(resolved);
  const inputs = parameters.map((parameter) => {
    const schema = resolved(parameter.schema);
    const must = parameter.in === "path";
    const input = schema.enum
      ? el("select", {}, el("option", { value: "" }, ""), ...schema.enum.filter((value) => value !== null).map((value) => el("option", {}, String(value))))
      : el("input", { value: must && parameter.example !== undefined ? String(parameter.example) : "", spellcheck: false });
    return { parameter, input };
  });
  const kinds = Object.keys((operation.requestBody || {}).content || {});
  const json = kinds.includes("application/json");
  const body = json ? el("textarea", { spellcheck: false, value: shown(operation.requestBody.content["application/json"].example || {}) }) : null;
  const file = kinds.length && !json ? el("input", { type: "file" }) : null;
  const result = el("div", { className: "answer" });
  const send = el("button", { type: "button" }, "Send");
  send.addEventListener("click", async () => {
    result.replaceChildren("…");
    let target = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (parameter.in === "path") target = target.replace("{" + parameter.name + "}", encodeURIComponent(input.value));
      else if (input.value === "") continue;
      else if (parameter.in === "query") query.set(parameter.name, input.value);
      else headers[parameter.name] = input.value;
    }
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = "Bearer " + token;
    const request = { method: method.toUpperCase(), headers };
    if (body && body.value.trim()) { headers["Content-Type"] = "application/json"; request.body = body.value; }
    if (file && file.files[0]) { headers["Content-Type"] = kinds[0]; request.body = file.files[0]; }
    try {
      const began = performance.now();
      const answer = await fetch("." + target + (query.size ? "?" + query : ""), request);
      const bytes = await answer.blob();
      const taken = Math.round(performance.now() - began);
      const lines = [...answer.headers].map(([name, value]) => name + ": " + value).join("\n");
      result.replaceChildren(
        el("p", {}, el("b", { className: answer.ok ? "" : "bad" }, String(answer.status)), " in " + taken + " ms, " + bytes.size + " bytes"),
        lazily(el("summary", {}, "Headers"), () => [el("pre", {}, lines)]), await drawn(bytes, answer));
    } catch (error) {
      result.replaceChildren(el("p", { className: "bad" }, String(error)));
    }
  });
  return [
    ...inputs.map(({ parameter, input }) => el("label", { className: "field" }, el("span", { className: "mono" }, parameter.name), input)),
    body, file, send, result,
  ];
}

async function drawn(bytes, answer) {
  const kind = answer.headers.get("content-type") || "";
  if (kind.includes("json")) {
    const text = await bytes.text();
    try { return el("pre", {}, JSON.stringify(JSON.parse(text), null, 2)); } catch { return el("pre", {}, text); }
  }
  if (!bytes.size) return "";
  const url = URL.createObjectURL(bytes);
  const link = el("a", { href: url, download: "answer" }, "Save the file (" + kind + ")");
  return kind.startsWith("image/") ? el("div", {}, el("img", { src: url, alt: "the answer" }), el("br"), link) : link;
}

function drawOperation(path, method, operation) {
  const summary = el("summary", {}, el("span", { className: "verb mono " + method }, method.toUpperCase()),
    el("span", { className: "path mono" }, path), el("span", {}, operation.summary || ""),
    el("span", { className: "permission mono" }, operation["x-permission"] === "none" ? "no token" : operation["x-permission"]));
  const details = lazily(summary, () => {
    const parameters = (operation.parameters || []).map(resolved);
    const body = operation.requestBody;
    return [
      ...prose(operation.description),
      el("p", { className: "kind" }, "Operation ", el("code", {}, operation.operationId)),
      parameters.length ? el("h3", {}, "Parameters") : "",
      parameters.length ? el("ul", { className: "members" }, ...parameters.map((parameter) => el("li", {},
        el("span", { className: "name mono" }, parameter.name), " ", parameter.required ? el("span", { className: "must" }, "required ") : "",
        el("span", { className: "kind" }, "in " + parameter.in + "; " + kindOf(resolved(parameter.schema))), ...prose(parameter.description)))) : "",
      body ? el("h3", {}, "Body" + (body.required ? "" : ", optional")) : "", ...(body ? content(body.content) : []),
      el("h3", {}, "Answers"), ...answers(operation),
      el("h3", {}, "Try"), ...tryOut(path, method, operation),
    ];
  });
  details.id = operation.operationId;
  details.dataset.words = [method, path, operation.summary, operation.description, operation["x-permission"], operation.operationId].join(" ").toLowerCase();
  return details;
}

function draw() {
  const all = Object.entries(api.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => [path, method, item[method]]));
  const sections = api.tags.map((tag) => el("section", {}, el("h2", {}, tag.name), ...prose(tag.description),
    ...all.filter(([, , operation]) => operation.tags.includes(tag.name)).map((operation) => drawOperation(...operation))));
  document.getElementById("about").replaceChildren(el("p", { className: "small" }, api.info.title + " " + api.info.version), ...prose(api.info.description));
  document.getElementById("operations").replaceChildren(...sections);
  openNamed();
}

function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named && named.tagName === "DETAILS") { named.open = true; named.scrollIntoView(); }
}

document.getElementById("find").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const details of section.querySelectorAll(":scope > details")) {
      details.hidden = !words.every((word) => details.dataset.words.includes(word));
      any = any || !details.hidden;
    }
    section.hidden = !any;
  }
});
window.addEventListener("hashchange", openNamed);
fetch("openapi.json").then((answer) => answer.json()).then((json) => { api = json; draw(); })
  .catch((error) => document.getElementById("operations").replaceChildren(el("p", { className: "bad" }, "openapi.json cannot be read: " + error)));
