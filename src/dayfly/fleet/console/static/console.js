// What scripts add to the pages: local times, keyboard shortcuts, live updates and charts.
"use strict";
(() => {
  const body = document.body;
  const zones = { local: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", utc: "UTC" };
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  let chosen = "local";
  try { chosen = localStorage.getItem("dayfly.zone") === "utc" ? "utc" : "local"; } catch { /* storage may be refused */ }
  const zone = () => zones[chosen];

  // Times: the server writes UTC; here they turn into the viewer's zone, UTC stays in the title.
  const partsOf = (moment, name) => {
    const made = new Intl.DateTimeFormat("en-GB", { timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    return Object.fromEntries(made.formatToParts(moment).map((part) => [part.type, part.value]));
  };
  const offset = (moment) => {
    const made = new Intl.DateTimeFormat("en-GB", { timeZone: zone(), timeZoneName: "longOffset" }).formatToParts(moment);
    return (made.find((part) => part.type === "timeZoneName") || { value: "GMT" }).value.replace("GMT", "UTC");
  };
  const write = (moment, form) => {
    const part = partsOf(moment, zone());
    const clock = `${part.hour}:${part.minute}`;
    if (form === "clock") return clock;
    const day = `${Number(part.day)} ${months[part.month - 1]}`;
    if (form === "day") return day;
    if (form === "minute") return `${day} ${clock}`;
    const year = Number(part.year) === new Date().getFullYear() ? "" : ` ${part.year}`;
    return `${day}${year} ${clock}:${part.second}${zone() === "UTC" ? " UTC" : ""}`;
  };
  const lasting = (seconds) => {
    if (seconds < 90) return `${Math.max(Math.round(seconds), 0)} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    if (seconds < 129600) return `${Math.round(seconds / 360) / 10} h`;
    return `${Math.round(seconds / 8640) / 10} days`;
  };
  const writeTime = (element) => {
    const moment = new Date(element.getAttribute("datetime") || element.dataset.time);
    if (Number.isNaN(moment.getTime())) return;
    let text = write(moment, element.dataset.form);
    if (element.hasAttribute("data-relative")) text = `${lasting((Date.now() - moment) / 1000)} ago`;
    if (element.textContent !== text) element.textContent = text;
  };
  const writeTimes = () => {
    document.querySelectorAll("time[datetime], text[data-time]").forEach(writeTime);
    const said = document.querySelector("[data-zone]");
    const button = document.querySelector("[data-zone-switch]");
    if (!said || !button) return;
    const isUtc = zone() === "UTC";
    said.textContent = isUtc ? "Times in UTC" : `Times in ${zone()} (${offset(new Date())})`;
    button.hidden = zones.local === "UTC";
    button.textContent = chosen === "utc" ? `Show ${zones.local}` : "Show UTC";
  };
  const switchZone = () => {
    chosen = chosen === "utc" ? "local" : "utc";
    try { localStorage.setItem("dayfly.zone", chosen); } catch { /* it holds for this page, then */ }
    writeTimes();
    drawPlots(true);
  };

  // Charts
  const drawn = new WeakMap();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const drawPlot = (place, again) => {
    if (!window.uPlot) return;
    const known = drawn.get(place);
    if (!again && known && known.text === place.dataset.plot && known.plot.root.isConnected) return;
    if (known) known.plot.destroy();
    place.replaceChildren();
    const data = JSON.parse(place.dataset.plot);
    const soft = colour("--soft"), rule = colour("--rule");
    const axis = { stroke: soft, font: "11px system-ui, sans-serif", grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 } };
    const series = [{ value: (plot, at) => (at === null ? "" : write(new Date(at * 1000), "minute")) }].concat(data.series.map((one) => ({
      label: one.label, stroke: colour(one.colour), fill: one.fill ? colour(one.fill) : undefined, width: one.width || 1.6, scale: one.scale || "y",
      paths: one.bars ? uPlot.paths.bars({ size: [0.9, 40] }) : undefined, points: { show: false }, value: (plot, value) => (value === null ? "" : value.toLocaleString("en-GB")),
    })));
    const marks = { hooks: { draw: [(plot) => {
      const context = plot.ctx;
      context.save();
      for (const mark of data.marks || []) {
        const x = plot.valToPos(mark.x, "x", true);
        if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
        context.strokeStyle = context.fillStyle = colour(mark.colour);
        context.lineWidth = devicePixelRatio;
        context.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
        context.beginPath(); context.moveTo(x, plot.bbox.top); context.lineTo(x, plot.bbox.top + plot.bbox.height); context.stroke();
        context.beginPath(); const r = 4 * devicePixelRatio, y = plot.bbox.top + r;
        context.moveTo(x, y - r); context.lineTo(x + r, y); context.lineTo(x, y + r); context.lineTo(x - r, y); context.fill();
      }
      context.restore();
    }] } };
    const hasRight = data.series.some((one) => one.scale === "right");
    const plot = new uPlot({
      width: Math.max(place.clientWidth, 200), height: data.height || 220, tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), zone()),
      series, plugins: [{ hooks: marks.hooks }], cursor: { points: { size: 6 }, drag: { x: true, y: false } }, legend: { live: true },
      scales: { y: { range: (p, low, high) => [0, Math.max(high * 1.08, 1)] }, right: { range: (p, low, high) => [0, Math.max(high * 2.5, 4)] } },
      axes: [{ ...axis, values: (p, splits, index, space, step) => splits.map((at) => write(new Date(at * 1000), step >= 86400 ? "day" : "clock")) },
        { ...axis, size: 52, values: (p, splits) => splits.map((value) => (value >= 10000 ? `${value / 1000}k` : value.toLocaleString("en-GB"))) },
        ...(hasRight ? [{ ...axis, scale: "right", side: 1, size: 40, grid: { show: false } }] : [])],
    }, [data.x, ...data.series.map((one) => one.values)], place);
    plot.root.setAttribute("aria-hidden", "true");
    drawn.set(place, { plot, text: place.dataset.plot });
  };
  const drawPlots = (again) => document.querySelectorAll("[data-plot]").forEach((place) => drawPlot(place, again));
  let resizing = 0;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => drawPlots(true), 120); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawPlots(true));

  // Live updates: poll the data version every few seconds; fetch the page again only when it has changed.
  const state = document.querySelector("[data-live-state]");
  const tell = (text, name) => { if (state) { if (state.textContent !== text) state.textContent = text; state.classList.toggle("on", name === "on"); state.classList.toggle("off", name === "off"); } };
  const region = () => document.querySelector("[data-live]");
  let version = "", refreshed = Date.now(), failures = 0;
  const isBusy = () => {
    const place = region(), active = document.activeElement;
    return !place || (active && place.contains(active) && active.matches("input, select, textarea")) || place.querySelector("details[open], .is-acting") !== null || document.querySelector("dialog[open]") !== null || String(getSelection()).length > 0;
  };
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/live", { headers: { accept: "application/json" }, cache: "no-store", redirect: "error" });
      if (answer.status === 401) { tell("Session expired. Reload the page to sign in.", "off"); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const said = await answer.json();
      failures = 0;
      const isNew = version !== "" && said.version !== version;
      if (version === "") version = said.version;
      if (!region()) { tell("Live updates off", ""); return; }
      if (isNew && isBusy()) { tell("Update available. It loads when you finish here.", "on"); return; }
      if (isNew && Date.now() - refreshed > 4000) {
        version = said.version;
        refreshed = Date.now();
        body.dispatchEvent(new CustomEvent("dayfly-live"));
      }
      tell("Live", "on");
    } catch {
      failures += 1;
      if (failures > 1) tell("Connection lost. Retrying…", "off");
    }
  };
  if (state) { look(); setInterval(look, Number(body.dataset.pollMs) || 4000); document.addEventListener("visibilitychange", look); }

  // Keyboard
  const rows = () => [...document.querySelectorAll("[data-row]")];
  let going = false;
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement && document.activeElement.closest("[data-row]"));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    const link = next.querySelector("a[href]") || next;
    link.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const help = () => { const box = document.getElementById("help"); if (box && !box.open) box.showModal(); };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (target.matches("input, textarea, select, [contenteditable]")) { if (event.key === "Escape") target.blur(); return; }
    if (document.querySelector("dialog[open]")) return;
    if (going) {
      going = false;
      const link = [...document.querySelectorAll("[data-go]")].find((one) => one.dataset.go === event.key);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "g") { going = true; setTimeout(() => { going = false; }, 1500); }
    else if (event.key === "z" && zones.local !== "UTC") switchZone();
    else if (event.key === "?") help();
    else if (event.key === "/") { const field = document.querySelector("[type=search]"); if (!field) return; field.focus(); field.select(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-zone-switch]")) switchZone();
    if (event.target.closest("[data-help]")) help();
  });
  document.addEventListener("change", (event) => { if (event.target.matches("form[data-now] select")) event.target.form.requestSubmit(); });
  document.querySelectorAll("[data-help]").forEach((one) => { one.hidden = false; });

  // On a phone, show the newest end of a wide chart.
  document.querySelectorAll(".chart.wide").forEach((one) => { one.scrollLeft = one.scrollWidth; });
  const here = document.querySelector(".side nav [aria-current]");
  if (here && here.closest("nav").scrollWidth > here.closest("nav").clientWidth) here.closest("nav").scrollLeft = here.offsetLeft - 80;
  const refresh = () => { writeTimes(); drawPlots(false); };
  refresh();
  let waiting = 0;
  new MutationObserver(() => { if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; refresh(); }); }).observe(document.getElementById("main"), { childList: true, subtree: true, attributes: true, attributeFilter: ["datetime", "data-plot", "data-time"] });
  setInterval(writeTimes, 20000);
})();
