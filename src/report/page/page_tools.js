"use strict";
// What the sections are made of: elements, figures, tables, plots. Names come from files: they only ever become text
// nodes.
const root = document.documentElement;
window.addEventListener("error", (event) => { root.dataset.error = String(event.message); });
const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const tip = document.getElementById("tip");

const USES = {
  busy: "computing", input: "waiting for pictures (read, decode, transform)",
  output: "held up by results (restore, encode, write)", handover: "item on its way between threads",
  no_item: "no item to compute", loading: "starting, loading the model", down: "worker dead or restarting", paused: "paused",
};
const ROWS = { prepare: "read, decode, transform", infer: "engine", finish: "restore, encode", write: "write" };

// ---- elements
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}
const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const s = (name, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
function section(id, title, ...children) {
  const made = h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...children);
  main.append(made);
  return made;
}

// ---- figures
const count = (value) => Number(value).toLocaleString("en-US");
const percent = (share) => (share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`);
function figure(value, digits = 3) {
  if (value === 0) return "0";
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toFixed(Math.min(places, 3))).toLocaleString("en-US", { maximumFractionDigits: 3 });
}
const ms = (value) => (value === null ? "–" : figure(value));
function seconds(value) {
  if (value < 60) return `${figure(value)} s`;
  const whole = Math.round(value);
  const pad = (part) => String(part).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${pad(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)} h`;
}
function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit + 1 < units.length) { value /= 1024; ++unit; }
  return `${figure(value)} ${units[unit]}`;
}
const when = (text) => (text ? text.replace("T", " ").replace(/\.\d+Z$/, " UTC") : "–");
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

// ---- tables
// columns: [title, value of a row, class]; a value is text or an element.
function table(columns, rows, caption) {
  const head = h("tr", {}, columns.map(([title, , kind]) => h("th", { scope: "col", class: kind }, title)));
  const body = rows.map((row) => h("tr", {}, columns.map(([, value, kind]) => h("td", { class: kind }, value(row)))));
  return h("div", { class: "scroll" },
    h("table", { "aria-label": caption }, h("thead", {}, head), h("tbody", {}, body)));
}
function bar(parts, label) {
  return h("span", { role: "img", "aria-label": label, title: label },
    parts.map(([share, colour]) => h("i", { style: `width:${(share * 100).toFixed(2)}%;background:${colour}` })));
}
function legend(entries) {
  return h("ul", { class: "legend" }, entries.map(([name, colour]) =>
    h("li", {}, h("span", { class: "swatch", style: `background:${colour}` }), name)));
}
const behind = (title, ...children) => h("details", {}, h("summary", {}, title), ...children);

// ---- plots
const binSeconds = data.end_s / data.bins;
function niceStep(span, ticks) {
  const raw = span / Math.max(1, ticks);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
}
const timeUnit = data.end_s < 180 ? { name: "s", seconds: 1 } : data.end_s < 3 * 3600 ? { name: "min", seconds: 60 } : { name: "h", seconds: 3600 };

// A plot redraws itself when its width changes. draw(frame) puts shapes into frame.svg; tell(fraction, y) gives
// the tip's text for a place in the plot, or nothing.
function plot({ height, label, left = 46, right = 8, draw, tell }) {
  const box = h("div", { class: "plot" });
  const frame = { left, right, top: 20, bottom: 34 };
  function redraw() {
    const width = Math.max(280, box.clientWidth || 900);
    frame.width = width;
    frame.height = typeof height === "function" ? height(width) : height;
    frame.x = (second) => left + (second / data.end_s) * (width - left - right);
    frame.svg = s("svg", { viewBox: `0 0 ${width} ${frame.height}`, role: "img", "aria-label": label });
    const base = frame.height - frame.bottom;
    const span = data.end_s / timeUnit.seconds;
    const step = niceStep(span, Math.max(2, Math.floor(width / 110)));
    for (let tick = 0; tick <= span * 1.0001; tick += step) {
      const x = frame.x(tick * timeUnit.seconds);
      frame.svg.append(s("line", { class: "grid", x1: x, x2: x, y1: base, y2: base + 4 }),
        s("text", { x, y: base + 16, "text-anchor": "middle" }, figure(tick)));
    }
    frame.svg.append(s("text", { x: width - right, y: base + 30, "text-anchor": "end" }, `time since the run began, ${timeUnit.name}`));
    draw(frame);
    const lead = s("line", { class: "lead", y1: frame.top, y2: base, visibility: "hidden" });
    frame.svg.append(lead);
    frame.svg.addEventListener("pointermove", (event) => {
      const area = frame.svg.getBoundingClientRect();
      const scale = width / area.width;
      const x = (event.clientX - area.left) * scale;
      const fraction = (x - left) / (width - left - right);
      const text = fraction >= 0 && fraction <= 1 ? tell(fraction, (event.clientY - area.top) * scale, frame) : null;
      lead.setAttribute("visibility", text ? "visible" : "hidden");
      lead.setAttribute("x1", x);
      lead.setAttribute("x2", x);
      showTip(text, event);
    });
    frame.svg.addEventListener("pointerleave", () => {
      lead.setAttribute("visibility", "hidden");
      showTip(null);
    });
    box.replaceChildren(frame.svg);
  }
  plots.push({ box, redraw, width: 0 });
  return box;
}
const plots = [];
function showTip(text, event) {
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  tip.style.left = `${Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 8)}px`;
}
function yAxis(frame, most, unit) {
  const base = frame.height - frame.bottom;
  const step = niceStep(most, 4);
  const top = Math.ceil(most / step) * step;
  const y = (value) => base - (value / top) * (base - frame.top);
  for (let tick = 0; tick <= top * 1.0001; tick += step) {
    frame.svg.append(s("line", { class: "grid", x1: frame.left, x2: frame.width - frame.right, y1: y(tick), y2: y(tick) }),
      s("text", { x: frame.left - 6, y: y(tick) + 4, "text-anchor": "end" }, figure(tick)));
  }
  frame.svg.append(s("text", { x: 0, y: 10 }, unit));
  return y;
}
// The outline of steps between two heights for each bin.
function steps(edges, low, high) {
  let path = `M${edges[0].toFixed(1)} ${low(0).toFixed(1)}`;
  for (let i = 0; i + 1 < edges.length; ++i) path += `V${high(i).toFixed(1)}H${edges[i + 1].toFixed(1)}`;
  for (let i = edges.length - 2; i >= 0; --i) path += `V${low(i).toFixed(1)}H${edges[i].toFixed(1)}`;
  return `${path}Z`;
}
// Bins put together so that `most` are left at most: [{from, to, sum(list), mean(list)}], in bins.
function groups(most) {
  const size = Math.max(1, Math.ceil(data.bins / most));
  const made = [];
  for (let from = 0; from < data.bins; from += size) {
    const to = Math.min(data.bins, from + size);
    const sum = (list) => list.slice(from, to).reduce((a, b) => a + b, 0);
    const mean = (list) => {
      const known = list.slice(from, to).filter((value) => value !== null);
      return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
    };
    made.push({ from, to, seconds: (to - from) * binSeconds, sum, mean });
  }
  return made;
}
const at = (list, fraction) => list[Math.min(list.length - 1, Math.floor(fraction * list.length))];
const groupAt = (list, fraction) => list.find((group) => fraction * data.bins < group.to) || list[list.length - 1];
const span = (group) => `${seconds(group.from * binSeconds)} to ${seconds(group.to * binSeconds)}`;
const edgesOf = (frame, list) => [...list.map((group) => frame.x(group.from * binSeconds)), frame.x(data.end_s)];

// A block of rows for each device; the darker a cell, the nearer to the row's `most`. `amounts(device, row)`: by bin, null: not
// known. `value(row, amount)`: in words. `crosses(device)`: seconds of what went wrong.
function strips({ devices, rows, names, amounts, most, value, label, crosses = () => [] }) {
  const cell = 10;
  const block = rows.length * cell + 26;
  const levels = 8;
  return plot({
    height: () => devices.length * block + 58,
    left: 66,
    label,
    draw(frame) {
      devices.forEach((device, index) => {
        const top = frame.top + index * block;
        frame.svg.append(s("text", { class: "name", x: frame.left, y: top + 11 }, device.device));
        rows.forEach((row, place) => {
          const y = top + 16 + place * cell;
          frame.svg.append(s("text", { x: frame.left - 6, y: y + 8.5, "text-anchor": "end" }, row),
            s("rect", { x: frame.left, y, width: frame.width - frame.left - frame.right, height: cell - 1, fill: "var(--panel)" }));
          const paths = new Array(levels + 1).fill("");
          amounts(device, row).forEach((amount, bin) => {
            const level = amount > 0 ? Math.max(1, Math.round(Math.min(1, amount / most[row]) * levels)) : 0;
            const x = frame.x(bin * binSeconds);
            if (level) paths[level] += `M${x.toFixed(1)} ${y}h${(frame.x((bin + 1) * binSeconds) - x + 0.3).toFixed(2)}v${cell - 1}H${x.toFixed(1)}z`;
          });
          paths.forEach((d, level) => { if (d) frame.svg.append(s("path", { class: "mark", d, fill: `var(--${row})`, opacity: (0.12 + (0.88 * level) / levels).toFixed(2) })); });
        });
        for (const second of crosses(device)) {
          const x = frame.x(second);
          const y = top + 16 + cell * 1.5;
          frame.svg.append(s("path", { class: "death", d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8`, stroke: "var(--down)", "stroke-width": 2 }));
        }
      });
    },
    tell(fraction, y, frame) {
      const device = devices[Math.floor((y - frame.top) / block)];
      if (!device) return null;
      const bin = Math.min(data.bins - 1, Math.floor(fraction * data.bins));
      return [`${device.device}, ${seconds(bin * binSeconds)} to ${seconds((bin + 1) * binSeconds)}`,
        ...rows.map((row) => `${row} (${names[row]}): ${value(row, amounts(device, row)[bin] ?? null)}`)].join("\n");
    },
  });
}
