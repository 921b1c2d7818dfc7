"use strict";

const element = (id) => document.getElementById(id);
const chosen = { trial: 0 };
let state = {};
/** Counts what was drawn, so that a slow answer does not replace a later one. */
let drawing = 0;

/** An element with text that is never read as markup. */
function made(tag, text, className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

function drawState() {
  const { report = {}, error, ready, stale, sizes = [], trials = [] } = state;
  const manifest = report.manifest;
  if (manifest) {
    element("name").textContent = `${manifest.name} ${manifest.version}`;
    document.title = `${manifest.name} – preview`;
  }
  const verdict = element("verdict");
  const warnings = (report.warnings ?? []).length;
  verdict.className = ready ? (warnings ? "mind" : "good") : "bad";
  verdict.textContent = error ?? (ready
    ? `ready${warnings ? `, ${warnings} warning${warnings === 1 ? "" : "s"}` : ""}`
    : "a host would reject it");
  if (stale) verdict.textContent += " – the pages are of the version before";
  element("pages").classList.toggle("stale", Boolean(stale));

  const size = element("size");
  const before = size.value;
  size.replaceChildren(...sizes.map((name, index) => {
    const option = made("option", name);
    option.value = index;
    return option;
  }));
  if (before !== "" && Number(before) < sizes.length) size.value = before;
  size.parentElement.hidden = sizes.length < 2;

  if (chosen.trial >= trials.length) chosen.trial = 0;
  element("trials").replaceChildren(...trials.map((trial, index) => {
    const button = made("button", trial.name);
    button.append(made("small", trial.error ? "refused" : trial.pages === 1 ? "" : `${trial.pages} pages`));
    if (trial.error) button.classList.add("mind");
    button.setAttribute("aria-current", String(index === chosen.trial));
    button.addEventListener("click", () => {
      chosen.trial = index;
      drawState();
      drawPages();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));

  const findings = [
    ...(report.problems ?? []).map((finding) => ["bad", finding]),
    ...(report.warnings ?? []).map((finding) => ["mind", finding]),
  ];
  element("findings").replaceChildren(...findings.map(([className, { code, place, message }]) => {
    const item = document.createElement("li");
    item.append(made("b", place ? `${code} · ${place}` : code, className), message);
    return item;
  }));
  drawFigures(report.figures);
}

function drawFigures(figures) {
  const layout = figures?.largestLayout;
  const rows = layout ? [
    ["fuel of a ticket", layout.fuel],
    ["memory, KiB", Math.ceil(layout.peakMemoryBytes / 1024)],
    ["time, µs", layout.microseconds],
    ["compiled in, ms", figures.compileMs],
  ] : [];
  element("figures").replaceChildren(...rows.flatMap(([name, figure]) => [
    made("dt", name),
    made("dd", Number(figure).toLocaleString("en")),
  ]));
}

/** Where a page is; the generation keeps old pictures out. */
function address(page) {
  const query = new URLSearchParams({
    trial: chosen.trial,
    size: element("size").value || 0,
    format: element("format").value,
    generation: state.generation,
  });
  if (element("format").value !== "pdf") query.set("page", page);
  if (element("format").value === "png") query.set("dpi", element("dpi").value);
  return `/page?${query}`;
}

async function drawPages() {
  const mine = ++drawing;
  const trial = state.trials?.[chosen.trial];
  const format = element("format").value;
  element("dpi").parentElement.hidden = format !== "png";
  if (!trial) return;
  const count = format === "pdf" ? 1 : trial.pages ?? 1;
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) => fetch(address(index + 1))),
  );
  const bad = answers.find((answer) => !answer.ok);
  const refusal = bad && await bad.json().catch(() => ({ message: `the preview answered ${bad.status}` }));
  const blobs = bad ? [] : await Promise.all(answers.map((answer) => answer.blob()));
  if (mine !== drawing) return;
  for (const shown of element("pages").children) URL.revokeObjectURL(shown.src);
  element("refusal").hidden = !refusal;
  element("refusal").textContent = refusal
    ? [refusal.message, ...(refusal.details ?? []).map(({ field, message }) => `${field}: ${message}`)].join("\n")
    : "";
  element("pages").replaceChildren(...blobs.map((blob, index) => {
    const shown = document.createElement(format === "pdf" ? "iframe" : "img");
    shown.src = URL.createObjectURL(blob);
    shown.alt = `${trial.name}, page ${index + 1}`;
    shown.title = `${trial.name}, page ${index + 1}`;
    return shown;
  }));
}

async function follow() {
  for (;;) {
    try {
      const answer = await fetch(`/state?after=${state.generation ?? 0}`);
      const next = await answer.json();
      if (next.generation !== state.generation) {
        state = next;
        drawState();
        await drawPages();
      }
    } catch {
      element("verdict").className = "bad";
      element("verdict").textContent = "the preview has ended; start it again";
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

for (const id of ["size", "format", "dpi"]) element(id).addEventListener("change", drawPages);
follow();
