"use strict";
// The page from top to bottom, drawn from the JSON beside it with what page_tools.js gives.
function head() {
  const run = data.run;
  document.title = `${data.folder}: run ${run.id} – segfleet report`;
  const status = run.status === null ? "no end recorded: still busy, or killed" : run.status.replaceAll("_", " ");
  const options = run.options || {};
  const model = options.model ? `model ${options.model}, engine ${data.identity.engine || options.engine}, ${options.precision}` : null;
  document.getElementById("head").append(
    h("p", { class: "soft" }, "segfleet report"),
    h("h1", {}, data.folder),
    h("p", { class: "soft" }, `Run ${run.id}${data.runs.length > 1 ? ` (of runs ${data.runs.map((r) => r.id).join(", ")})` : ""} · ${status} · started ${when(run.started_at)} · segfleet ${run.version}`),
    model ? h("p", { class: "soft" }, model) : null,
    h("div", { class: "verdict", id: "verdict" }, h("p", {}, h("strong", {}, data.limit)), data.advice ? h("p", {}, data.advice) : null));
  if (data.fast_decode) document.getElementById("head").append(h("p", { class: "soft", id: "fast-decode" }, data.fast_decode.sentence));
  if (data.nvjpeg) document.getElementById("head").append(h("p", { class: "soft", id: "nvjpeg" }, data.nvjpeg.sentence));
  const ended = data.done + data.failed;
  const facts = [
    ["images done", count(data.done)],
    ["failed", count(data.failed)],
    ["done by earlier runs", run.skipped ? count(run.skipped) : null],
    ["without outcome yet", data.pending ? count(data.pending) : null],
    ["needed several attempts", data.retried ? count(data.retried) : null],
    ["time", ended || data.has_history ? seconds(data.end_s) : null],
    ["images per second", ended ? figure(ended / data.end_s) : null],
    ["first mask after", data.first_done_s === null ? null : seconds(data.first_done_s)],
    ["engines computing", data.has_history ? percent(data.shares.busy) : null],
  ].filter(([, value]) => value !== null);
  main.append(h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
  if (!data.has_history && ended) {
    main.append(h("p", { class: "soft", id: "no-history" }, "This ledger has no times of workers and stages for this run: utilisation, waiting and the timeline cannot be shown. Runs of this segfleet keep them."));
  }
}

function throughput() {
  const ended = data.done + data.failed;
  if (!ended) return;
  const list = groups(Math.min(data.bins, Math.max(12, Math.ceil(ended / 8))));
  const rate = (group, values) => group.sum(values) / group.seconds;
  const most = Math.max(...list.map((g) => rate(g, data.done_over_time) + rate(g, data.failed_over_time)));
  const made = section("throughput", "Throughput",
    h("p", { class: "soft" }, "Images that got their outcome, per second."),
    plot({
      height: 210,
      label: `Images per second over time; at most ${figure(most)}`,
      draw(frame) {
        const y = yAxis(frame, most, "images/s");
        const edges = edgesOf(frame, list);
        const done = list.map((g) => rate(g, data.done_over_time));
        const all = list.map((g, i) => done[i] + rate(g, data.failed_over_time));
        frame.svg.append(s("path", { class: "mark", d: steps(edges, () => y(0), (i) => y(done[i])), fill: "var(--good)", opacity: 0.85 }));
        if (data.failed) frame.svg.append(s("path", { class: "mark", d: steps(edges, (i) => y(done[i]), (i) => y(all[i])), fill: "var(--bad)" }));
      },
      tell(fraction) {
        const group = groupAt(list, fraction);
        return `${span(group)}\n${figure(rate(group, data.done_over_time))} done/s (${count(group.sum(data.done_over_time))})\n${count(group.sum(data.failed_over_time))} failed`;
      },
    }));
  if (data.failed) made.append(legend([["done", "var(--good)"], ["failed", "var(--bad)"]]));
  made.append(behind("Table", table([
    ["time", span, ""],
    ["done", (g) => count(g.sum(data.done_over_time)), "number"],
    ["failed", (g) => count(g.sum(data.failed_over_time)), "number"],
    ["images/s", (g) => figure(rate(g, data.done_over_time)), "number"],
  ], groups(24), "Throughput over time")));
}

function utilisation() {
  if (!data.has_history) return;
  const uses = Object.keys(USES).filter((use) => data.shares[use] > 0);
  const list = groups(data.bins);
  section("utilisation", "Where the engines' time went",
    h("p", { class: "soft" }, "Share of all engine lanes: computing, or why not."),
    plot({
      height: 210,
      label: `Shares of engine time over the run: ${uses.map((use) => `${USES[use]} ${percent(data.shares[use])}`).join(", ")}`,
      draw(frame) {
        const y = yAxis(frame, 100, "% of lanes");
        const edges = edgesOf(frame, list);
        const below = new Array(data.bins).fill(0);
        for (const use of uses) {
          const low = below.slice();
          data.shares_over_time[use].forEach((share, i) => { below[i] += share; });
          frame.svg.append(s("path", { class: "mark", d: steps(edges, (i) => y(low[i] * 100), (i) => y(Math.min(100, below[i] * 100))), fill: `var(--${use})` }));
        }
      },
      tell(fraction) {
        const shown = uses.filter((use) => at(data.shares_over_time[use], fraction) > 0);
        return [span(groupAt(list, fraction)), ...shown.map((use) => `${percent(at(data.shares_over_time[use], fraction))} ${USES[use]}`)].join("\n");
      },
    }),
    legend(uses.map((use) => [`${USES[use]}, ${percent(data.shares[use])}`, `var(--${use})`])),
    table([
      ["device", (d) => d.device, "id"],
      ["its time", (d) => bar(uses.map((use) => [d.shares[use], `var(--${use})`]), uses.map((use) => `${USES[use]} ${percent(d.shares[use])}`).join(", ")), "bar"],
      ["computing", (d) => percent(d.shares.busy), "number"],
      ["for pictures", (d) => percent(d.shares.input), "number"],
      ["by results", (d) => percent(d.shares.output), "number"],
      ["no item", (d) => percent(d.shares.no_item), "number"],
      ["loading", (d) => percent(d.shares.loading), "number"],
      ["dead", (d) => percent(d.shares.down), "number"],
      ...(data.shares.paused ? [["paused", (d) => percent(d.shares.paused), "number"]] : []),
    ], data.devices, "Shares of each device's time"),
    behind("Table over time", table([
      ["time", span, ""],
      ...uses.map((use) => [use.replace("_", " "), (g) => percent(g.mean(data.shares_over_time[use])), "number"]),
    ], groups(24), "Shares of engine time over the run")));
}

function timeline() {
  if (!data.has_history || !data.devices.length) return;
  const rows = Object.keys(ROWS);
  const most = {};
  for (const row of rows) most[row] = Math.max(1e-9, ...data.devices.map((d) => Math.max(0, ...d.timeline[row])));
  most.infer = 1;
  const value = (row, amount) => (row === "infer" ? percent(amount) : `${figure(amount)} at once`);
  section("timeline", "Timeline of devices and stages",
    h("p", { class: "soft" }, `The darker, the more at once; full colour is ${rows.map((row) => `${row}: ${row === "infer" ? "all lanes" : plural(Number(figure(most[row], 2)), "item")}`).join(", ")}. A cross is a worker that died.`),
    strips({
      devices: data.devices, rows, names: ROWS, most, value,
      label: `Timeline of ${plural(data.devices.length, "device")}: how much each stage had at once over the run`,
      amounts: (device, row) => device.timeline[row],
      crosses: (device) => device.deaths_s,
    }),
    legend(rows.map((row) => [`${row}: ${ROWS[row]}`, `var(--${row})`])),
    data.changes.length ? h("p", { class: "soft", id: "changes" }, `Changed while it ran: ${data.changes.map((c) => `${c.device || "the run"} ${c.what} after ${seconds(c.at_s)}`).join(", ")}.`) : null,
    behind("Table of means", table([
      ["device", (d) => d.device, "id"],
      ...rows.map((row) => [row, (d) => value(row, d.timeline[row].reduce((a, b) => a + b, 0) / data.bins), "number"]),
    ], data.devices, "Mean of each stage")));
}

// What the machine itself says of its devices, beside what the engines did.
function monitor() {
  const gauges = { use: "util", wait: "psi", heat: "temperature_c", power: "power_w" };
  const names = { use: "time in use, by anyone", wait: "time in which a task waited for a core", heat: "temperature", power: "power" };
  const units = { use: percent, wait: percent, heat: (v) => `${figure(v)} °C`, power: (v) => `${figure(v)} W` };
  const readings = (device, row) => device.monitor[gauges[row]] || [];
  const known = (device, row) => readings(device, row).filter((v) => v !== null);
  const rows = Object.keys(gauges).filter((row) => data.devices.some((d) => known(d, row).length > 2));
  const devices = data.devices.filter((d) => rows.some((row) => known(d, row).length));
  if (!rows.length) return;
  const most = { use: 1, wait: 1 };
  for (const row of ["heat", "power"]) most[row] = Math.max(1e-9, ...devices.map((d) => Math.max(0, ...known(d, row))));
  const value = (row, amount) => (amount === null ? "–" : units[row](amount));
  const mean = (list) => (list.length ? list.reduce((a, b) => a + b, 0) / list.length : null);
  section("monitor", "What the monitor read",
    h("p", { class: "soft" }, `Of each device, about once a second; full colour is ${rows.map((row) => `${row}: ${units[row](most[row])}`).join(", ")}.`),
    strips({
      devices, rows, names, most, value, amounts: readings,
      label: `Readings of ${plural(devices.length, "device")} over the run: ${rows.map((row) => names[row]).join(", ")}`,
    }),
    legend(rows.map((row) => [`${row}: ${names[row]}`, `var(--${row})`])),
    behind("Table", table([
      ["device", (d) => d.device, "id"],
      ...rows.flatMap((row) => [
        [`${row}, mean`, (d) => value(row, mean(known(d, row))), "number"],
        [`${row}, most`, (d) => (known(d, row).length ? value(row, Math.max(...known(d, row))) : "–"), "number"]]),
    ], devices, "Readings of each device")));
}

function queues() {
  const queue = data.queues_over_time;
  const known = queue.infer.filter((depth) => depth !== null);
  if (known.length < 3) return;
  const names = { prepare: "before decoding", infer: "before the engine", finish: "before restoring and writing" };
  const colours = { prepare: "var(--prepare)", infer: "var(--infer)", finish: "var(--finish)" };
  const most = Math.max(1, ...Object.keys(names).map((name) => Math.max(...queue[name].map((depth) => depth || 0))));
  section("queues", "Items that wait inside a worker",
    h("p", { class: "soft" }, "Mean of the workers' samples, about one a second. A full queue before the engine says that the engine is the limit, an empty one that pictures are."),
    plot({
      height: 180,
      label: `Items waiting inside a worker over time; at most ${figure(most)}`,
      draw(frame) {
        const y = yAxis(frame, most, "items");
        for (const name of Object.keys(names)) {
          const points = queue[name].map((depth, bin) => (depth === null ? null : `${frame.x((bin + 0.5) * binSeconds).toFixed(1)} ${y(depth).toFixed(1)}`)).filter(Boolean);
          frame.svg.append(s("path", { class: "mark", d: `M${points.join("L")}`, fill: "none", stroke: colours[name], "stroke-width": 1.6, "stroke-linejoin": "round" }));
        }
      },
      tell(fraction) {
        const bin = Math.min(data.bins - 1, Math.floor(fraction * data.bins));
        const near = [...queue.infer.keys()].filter((i) => queue.infer[i] !== null).reduce((a, b) => (Math.abs(b - bin) < Math.abs(a - bin) ? b : a));
        return [seconds(near * binSeconds), ...Object.entries(names).map(([name, text]) => `${figure(queue[name][near])} ${text}`)].join("\n");
      },
    }),
    legend(Object.entries(names).map(([name, text]) => [text, colours[name]])),
    behind("Table", table([
      ["time", span, ""],
      ...Object.entries(names).map(([name, text]) => [text, (g) => { const mean = g.mean(queue[name]); return mean === null ? "–" : figure(mean); }, "number"]),
    ], groups(24), "Items waiting inside a worker over time")));
}

function stages() {
  if (!data.done) return;
  const most = Math.max(...data.stages.map((stage) => stage.mean_ms), 1e-9);
  const colour = { read: "prepare", decode: "prepare", transform: "prepare", queue: "loading", infer: "infer", restore: "finish", encode: "finish", write: "write" };
  section("stages", "Time in each stage, per image",
    h("p", { class: "soft" }, "queue is the waiting between stages. In a batch each image has its share of the engine's time; of files synced together each has its share."),
    table([
      ["stage", (stage) => stage.stage, ""],
      ["mean", (stage) => bar([[stage.mean_ms / most, `var(--${colour[stage.stage]})`]], `${ms(stage.mean_ms)} ms`), "bar"],
      ["mean, ms", (stage) => ms(stage.mean_ms), "number"],
      ["half below, ms", (stage) => ms(stage.p50_ms), "number"],
      ["95 % below, ms", (stage) => ms(stage.p95_ms), "number"],
      ["longest, ms", (stage) => ms(stage.max_ms), "number"],
    ], data.stages, "Time in each stage"));
}

function devices() {
  if (!data.devices.length) return;
  const monitored = data.devices.some((d) => d.util !== null || d.memory_used_bytes !== null || d.max_temperature_c !== null);
  const or = (value, text) => (value === null || value === 0 ? "–" : text(value));
  const columns = [
    ["device", (d) => d.device, "id"],
    ["what it is", (d) => d.name || "–", "text"],
    ["workers started", (d) => count(d.workers), "number"],
    ["died", (d) => count(d.died), "number"],
    ["engine lanes", (d) => count(d.lanes), "number"],
    ["done", (d) => count(d.done), "number"],
    ["failed", (d) => count(d.failed), "number"],
    ["images/s", (d) => figure(d.done / (d.there_s || data.end_s)), "number"],
    ["load", (d) => or(d.load_s, seconds), "number"],
    ["peak memory", (d) => or(d.peak_rss_bytes, bytes), "number"],
  ];
  if (data.changes.some((c) => c.device)) columns.splice(3, 0, ["there for", (d) => seconds(d.there_s), "number"]);
  if (monitored) {
    columns.push(["utilisation", (d) => or(d.util, percent), "number"],
      ["device memory", (d) => or(d.memory_used_bytes, (used) => (d.memory_total_bytes ? `${bytes(used)} of ${bytes(d.memory_total_bytes)}` : bytes(used))), "number"],
      ["hottest", (d) => or(d.max_temperature_c, (c) => `${figure(c)} °C`), "number"],
      ["power", (d) => or(d.mean_power_w, (w) => `${figure(w)} W`), "number"],
      ["throttled", (d) => (d.throttled_samples ? `${count(d.throttled_samples)} samples` : "no"), "number"]);
  }
  section("devices", "Devices", table(columns, data.devices, "Devices"));
}

function slowest() {
  if (!data.slowest.length) return;
  const longest = data.slowest[0].ms || 1;
  const names = data.stages.map((stage) => stage.stage);
  const colours = ["--prepare", "--input", "--loading", "", "--infer", "--finish", "--output", "--write"];
  const parts = (item) => names.map((name, i) => [name, item.stages_ms[i], colours[i]]).filter(([name]) => name !== "queue");
  section("slowest", "Slowest images",
    h("p", { class: "soft" }, "By the time spent on the image, without waiting."),
    table([
      ["image", (item) => item.input, "text"],
      ["size", (item) => `${item.width}×${item.height}`, "number"],
      ["device", (item) => item.device, "id"],
      ["stages", (item) => bar(parts(item).map(([, time, colour]) => [time / longest, `var(${colour})`]), parts(item).map(([name, time]) => `${name} ${ms(time)} ms`).join(", ")), "bar"],
      ["ms", (item) => ms(item.ms), "number"],
    ], data.slowest, "Slowest images"),
    legend(names.map((name, i) => [name, `var(${colours[i]})`]).filter(([name]) => name !== "queue")));
}

function failures() {
  const shown = data.failures.length;
  if (!data.failed) {
    section("failures", "Failed images", h("p", {}, "None failed in this run."));
    return;
  }
  section("failures", "Failed images",
    h("p", { class: "soft" }, data.failure_counts.map((f) => `${f.code}: ${count(f.items)}`).join(" · ")),
    table([
      ["image", (item) => item.input, "text"],
      ["code", (item) => item.code, ""],
      ["stage", (item) => item.stage || "unknown", ""],
      ["message", (item) => item.message, "message"],
      ["attempts", (item) => count(item.attempts), "number"],
    ], data.failures, "Failed images"),
    shown < data.failed ? h("p", { class: "soft" }, `The first ${count(shown)} of ${count(data.failed)}; all are in the ledger: SELECT input, code, stage, message FROM items WHERE state = 'failed'`) : null);
}

function classes() {
  const all = data.classes.reduce((sum, entry) => sum + entry.pixels, 0);
  if (!all) return;
  section("classes", "Classes",
    table([
      ["class", (c) => h("span", {}, h("span", { class: "swatch", style: `background:${c.colour}` }), String(c.class)), ""],
      ["share of all pixels", (c) => bar([[c.pixels / all, c.colour]], `${(100 * c.pixels / all).toFixed(2)} %`), "bar"],
      ["%", (c) => (100 * c.pixels / all).toFixed(2), "number"],
      ["pixels", (c) => count(c.pixels), "number"],
      ["in images", (c) => count(c.items), "number"],
      ["% of images", (c) => (100 * c.items / data.done).toFixed(1), "number"],
    ], data.classes, "Classes"));
}

function samples() {
  const { pictures, missing, why_missing: why } = data.samples;
  if (!pictures.length && !missing) return;
  section("samples", "Samples",
    h("p", { class: "soft" }, "Images from all over the run with their mask over them."),
    h("div", { class: "pictures" }, pictures.map((p) => h("figure", {},
      h("img", { src: p.src, width: p.width, height: p.height, alt: `${p.input} with its mask over it` }), h("figcaption", {}, p.input)))),
    missing ? h("p", { class: "soft" }, `${plural(missing, "image")} could not be shown: ${why}`) : null);
}

function runs() {
  const options = data.run.options;
  section("runs", "Runs in this folder", table([
    ["run", (run) => (run.id === data.run.id ? `${run.id} (this page)` : String(run.id)), ""],
    ["started", (run) => when(run.started_at), ""],
    ["ended", (run) => when(run.ended_at), ""],
    ["status", (run) => run.status || "no end recorded", ""],
    ["done", (run) => count(run.done), "number"],
    ["failed", (run) => count(run.failed), "number"],
    ["skipped", (run) => count(run.skipped), "number"],
  ], data.runs, "Runs"),
  h("p", { class: "soft" }, "An image belongs to the run that gave its last outcome. Another run's page: segfleet report OUTPUT --run N."),
  options ? behind("Options of this run", table([
    ["option", ([name]) => name, ""],
    ["value", ([, value]) => (typeof value === "string" ? value : JSON.stringify(value)), "text"],
  ], Object.entries(options), "Options")) : null);
}

for (const part of [head, throughput, utilisation, timeline, monitor, queues, stages, devices, slowest, failures, classes, samples, runs]) part();
function redraw() {
  for (const entry of plots) {
    if (entry.box.clientWidth === entry.width) continue;
    entry.width = entry.box.clientWidth;
    entry.redraw();
  }
}
redraw();
window.addEventListener("resize", redraw);
root.dataset.drawn = "yes";
