"use strict";
// The console's script: pages are swapped without a reload, keys act, the next case is fetched ahead, and news arrive live.
// Every page works without it; it only does sooner what a link or a form would do.
(() => {
  const root = document.documentElement;
  root.classList.add("script");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const main = () => one("#main");
  const here = () => location.pathname + location.search;
  const openCase = () => one("[data-page=case]");
  const pathOf = (address) => new URL(address, location.href).pathname;

  // ---- Pages -----------------------------------------------------------------------------------------------------------

  /** Pages fetched ahead, by their address: `null` while they are on their way. */
  const ahead = new Map();
  const AHEAD_MS = 60000;
  /** The cases ruled on from here: a page that was fetched ahead of a ruling may still name its case as the next one. */
  const ruled = new Set();
  const isRuled = (address) => ruled.has(pathOf(address));

  /** The case that comes after the open one, fetched ahead. */
  function expectNext(address) {
    const open = openCase();
    if (address && !isRuled(address)) { open.dataset.next = address; fetchAhead(address); } else delete open.dataset.next;
  }

  async function fetchPage(address, init = {}) {
    const answer = await fetch(address, { credentials: "same-origin", headers: { accept: "text/html" }, ...init });
    const isPage = (answer.headers.get("content-type") || "").startsWith("text/html");
    return { status: answer.status, address: answer.url, html: isPage ? await answer.text() : null, at: Date.now() };
  }

  function fetchAhead(address) {
    if (!address || ahead.has(address)) return;
    ahead.set(address, null);
    fetchPage(address).then(
      (page) => { if (page.status === 200 && ahead.has(address)) ahead.set(address, page); else ahead.delete(address); },
      () => ahead.delete(address),
    );
  }

  function takeAhead(address) {
    const page = ahead.get(address);
    ahead.delete(address);
    return page && Date.now() - page.at < AHEAD_MS ? page : null;
  }

  /** Shows a page in place of the one that is open. `push`: a new entry of the history, else the same one. */
  function show(page, { push = true, claim = true, scroll = true } = {}) {
    if (page.html === null) { location.assign(page.address); return; }
    const next = new DOMParser().parseFromString(page.html, "text/html");
    const isSame = (selector, name) => one(selector, next)?.getAttribute(name) === one(selector)?.getAttribute(name);
    // A newer version of the console, or somebody else: begin anew.
    if (!isSame("script[src]", "src") || !isSame("link[rel=stylesheet]", "href")) { location.assign(page.address); return; }
    void leave(page.address);
    document.title = next.title;
    root.lang = next.documentElement.lang;
    root.className = next.documentElement.className + " script";
    const unread = all(".toast.bad");
    document.body.replaceChildren(...[...next.body.childNodes].map((node) => document.adoptNode(node)));
    one("#toasts")?.append(...unread);
    for (const name of Object.keys(document.body.dataset)) delete document.body.dataset[name];
    Object.assign(document.body.dataset, next.body.dataset);
    const address = new URL(page.address, location.href);
    history[push ? "pushState" : "replaceState"]({}, "", address.pathname + address.search);
    if (scroll) window.scrollTo(0, 0);
    main()?.focus({ preventScroll: true });
    arrived(claim);
  }

  async function go(address, options = {}) {
    const page = takeAhead(address);
    if (page) { show(page, options); return; }
    busy(true);
    await leave(address);
    try { show(await fetchPage(address), options); } catch { location.assign(address); } finally { busy(false); }
  }

  function busy(is) { main()?.toggleAttribute("aria-busy", is); if (is) main()?.setAttribute("aria-busy", "true"); }

  /** What every shown page needs. */
  function arrived(claim = true) {
    if (matchMedia("(max-width: 60rem)").matches) all("[data-narrow-closed]").forEach((part) => part.removeAttribute("open"));
    news.clear();
    const open = openCase();
    if (open) {
      expectNext(open.dataset.next);
      if (one("#holder.mine")) open.dataset.held = "";
      if (claim && "claimable" in open.dataset) claimOpen();
    }
    const fault = one("[aria-invalid=true], #lost");
    fault?.scrollIntoView({ block: "center" });
    tick();
  }

  /** Before another page is shown: a case that was only looked at is given back. */
  async function leave(to) {
    const open = openCase();
    if (!open || !("held" in open.dataset) || pathOf(to) === `/console/cases/${open.dataset.case}`) return;
    if (!("ruled" in open.dataset)) await giveBack(open);
  }

  function giveBack(open) {
    delete open.dataset.held;
    const body = new URLSearchParams({ token: token(), quiet: "1" });
    return fetch(`/console/cases/${open.dataset.case}/release`, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  }

  const token = () => one("input[name=token]")?.value || "";

  async function claimOpen() {
    const open = openCase();
    const answer = await fetch(`/console/cases/${open.dataset.case}/claim`, {
      method: "POST", body: new URLSearchParams({ token: token() }), redirect: "manual",
    }).catch(() => null);
    if (openCase() !== open || !answer) return;
    if (answer.type === "opaqueredirect") {
      open.dataset.held = "";
      const holder = one("#holder");
      if (holder) { holder.textContent = holder.dataset.mine; holder.classList.add("mine"); }
      one("#claim-form")?.remove();
    } else if (answer.status === 409) {
      // Somebody was quicker: the page tells who.
      show(await fetchPage(here()), { push: false, claim: false, scroll: false });
    }
  }

  // ---- Forms -----------------------------------------------------------------------------------------------------------

  /** Forms are sent one after the other. */
  let sending = Promise.resolve();
  let lastSent = 0;

  function send(form, submitter) {
    const body = new URLSearchParams(new FormData(form, submitter));
    const action = submitter?.getAttribute("formaction") || form.getAttribute("action");
    const open = openCase();
    const isRuling = open && /\/cases\/[^/]+\/ruling/.test(action);
    const typed = all("textarea", form).some((field) => field.value.trim() !== "");
    const next = isRuling && !typed && open.dataset.next ? takeAhead(open.dataset.next) : null;
    if (open && (isRuling || action.includes("/skip") || action.includes("/release"))) open.dataset.ruled = "";
    if (isRuling) ruled.add(`/console/cases/${open.dataset.case}`);
    lastSent = Date.now();
    const answer = sending.then(() => fetchPage(action, { method: "POST", body }));
    sending = answer.catch(() => {});
    if (next) {
      // The next case is there at once; what comes back only confirms it.
      show(next, { claim: false });
      answer.then((page) => confirmed(page, next), () => failed());
    } else {
      busy(true);
      answer.then((page) => show(page, { push: page.status < 400, claim: page.status < 400, scroll: page.status < 400 }), () => failed())
        .finally(() => busy(false));
    }
  }

  function confirmed(page, shown) {
    const isShown = openCase() && pathOf(shown.address) === location.pathname;
    if (page.status >= 400) { tellLost(page); return; }
    if (!isShown) { refreshToasts(page); return; }
    if (pathOf(page.address) !== location.pathname) { show(page, { push: false }); return; }
    const fresh = new DOMParser().parseFromString(page.html, "text/html");
    const open = openCase(), now = one("[data-page=case]", fresh);
    open.dataset.held = "";
    expectNext(now?.dataset.next);
    const holder = one("#holder"), news = one("#holder", fresh);
    if (holder && news) { holder.textContent = news.textContent; holder.className = news.className; }
    one("#claim-form")?.remove();
    refreshToasts(page);
  }

  function refreshToasts(page) {
    const fresh = page.html && one("#toasts", new DOMParser().parseFromString(page.html, "text/html"));
    const unread = all(".toast.bad");
    if (fresh) one("#toasts")?.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)), ...unread);
    tick();
  }

  /** A ruling whose page is left already was refused: a toast says so and leads back to it, with what was typed. */
  function tellLost(page) {
    const told = new DOMParser().parseFromString(page.html || "", "text/html");
    const title = one("#lost h2, h1", told)?.textContent || "";
    const toast = document.createElement("div");
    toast.className = "toast bad";
    const text = document.createElement("span");
    text.textContent = title;
    const link = document.createElement("a");
    link.href = page.address.replace(/\/ruling/, "");
    link.textContent = one("[data-undo-open]")?.textContent || "→";
    link.dataset.direct = "";
    link.addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); toast.remove(); show({ ...page, address: link.href }); });
    toast.append(text, " ", link);
    one("#toasts")?.append(toast);
  }

  function failed() {
    const text = document.body.dataset.offline;
    const toast = document.createElement("div");
    toast.className = "toast bad";
    toast.textContent = text;
    one("#toasts")?.append(toast);
    setTimeout(() => toast.remove(), 8000);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || "reload" in form.dataset) return;
    event.preventDefault();
    if (form.method === "get") {
      const fields = [...new FormData(form)].filter(([, value]) => value !== "");
      const query = new URLSearchParams(fields).toString();
      go(form.getAttribute("action") + (query && `?${query}`));
    } else {
      send(form, event.submitter);
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-keys-open]");
    if (opener) { one("#keys")?.showModal(); return; }
    // A click beside an open menu or panel closes it.
    all("details[name][open]").forEach((part) => { if (!part.contains(event.target)) part.open = false; });
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || "reload" in link.dataset || link.origin !== location.origin || !link.pathname.startsWith("/console")) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });

  window.addEventListener("popstate", () => go(here(), { push: false, scroll: false }));
  window.addEventListener("pagehide", () => { const open = openCase(); if (open && "held" in open.dataset && !("ruled" in open.dataset)) giveBack(open); });

  // ---- Keys ------------------------------------------------------------------------------------------------------------

  const rows = () => all(".row");
  const chosen = () => one(".row.here");

  function move(step) {
    const list = rows();
    if (list.length === 0) return;
    const at = list.indexOf(chosen());
    const row = list[Math.min(Math.max(at < 0 ? (step > 0 ? 0 : list.length - 1) : at + step, 0), list.length - 1)];
    chosen()?.classList.remove("here");
    row.classList.add("here");
    one(".row-link", row)?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function openPanel(id, focus) {
    const panel = one(id);
    if (!panel) return false;
    all("details[name=act][open]").forEach((other) => { if (other !== panel) other.open = false; });
    panel.open = true;
    one(focus, panel)?.focus();
    return true;
  }

  const click = (selector) => { const found = one(selector); found?.click(); return Boolean(found); };

  /** What a key does on a case's page. */
  const ON_CASE = {
    KeyA: () => click("#approve"),
    KeyR: () => openPanel("#remove-panel", "#code:required, #remove-confirm"),
    KeyT: () => openPanel("#tags-panel", "#tags-confirm"),
    KeyE: () => openPanel("#escalate-panel", "#escalate-note"),
    KeyS: () => openPanel("#remove-panel", "#sanctions input:checked"),
    KeyN: () => openPanel("#note-panel", "#note"),
    KeyY: () => openPanel("#remove-panel", "#reply, #reason"),
    KeyG: () => { const group = openCase().dataset.group; if (group) go(group); return Boolean(group); },
    KeyJ: () => { const next = openCase().dataset.next; if (next) go(next); return Boolean(next); },
    KeyK: () => { history.back(); return true; },
    KeyO: () => click("#article-open"),
  };

  /** What a key does on a list of cases. */
  const ON_LIST = {
    KeyJ: () => { move(1); return true; },
    KeyK: () => { move(-1); return true; },
    KeyO: () => { const link = chosen() && one(".row-link", chosen()); if (link) link.click(); return Boolean(link); },
    KeyX: () => { const box = chosen() && one("input[type=checkbox]", chosen()); if (box) box.click(); return Boolean(box); },
    KeyG: () => { const group = chosen()?.dataset.group; if (group) go(`/console/groups/${group}`); return Boolean(group); },
    KeyN: () => click("#next-form button"),
  };

  const ANYWHERE = {
    KeyU: () => click("#undo button"),
    KeyB: () => { root.classList.toggle("shown"); return true; },
    Period: () => click("#news button"),
  };

  function isTyping(target) {
    return target.isContentEditable || (target.matches("input, textarea, select") && !target.matches("[type=checkbox], [type=radio], [type=hidden]"));
  }

  document.addEventListener("keydown", (event) => {
    // While an input method composes, keys are its own.
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    // An open dialog takes it for itself.
    if (event.code === "Escape") { if (!one("dialog[open]")) escape(event); return; }
    if (isTyping(event.target) || one("dialog[open]") || document.body.dataset.keys === "off" || !("signedIn" in document.body.dataset)) return;
    if (event.code === "Slash") {
      event.preventDefault();
      if (event.shiftKey) one("#keys")?.showModal();
      else if (one("#search")) { one("#search").focus(); one("#search").select(); }
      else go("/console/queue").then(() => one("#search")?.focus());
      return;
    }
    if (event.shiftKey || event.repeat && !["KeyJ", "KeyK"].includes(event.code)) return;
    const acts = { ...ANYWHERE, ...(openCase() ? ON_CASE : rows().length ? ON_LIST : {}) };
    if (acts[event.code]?.()) event.preventDefault();
  });

  function escape(event) {
    const panel = one("details[name=act][open], #note-panel[open], details[name=menu][open]");
    if (isTyping(event.target)) event.target.blur();
    else if (panel) { panel.open = false; one("summary", panel)?.focus(); }
    else if (openCase()) go(openCase().dataset.queue);
  }

  // A hit and its line in the list light up together.
  const light = (event, is) => {
    const target = event.target.closest?.("[data-hits], [data-hit]");
    if (!target) return;
    const hits = (target.dataset.hits ?? target.dataset.hit).split(" ");
    for (const hit of hits) {
      all(`[data-hit="${CSS.escape(hit)}"]`).forEach((line) => line.classList.toggle("lit", is));
      all("mark[data-hits]").filter((mark) => mark.dataset.hits.split(" ").includes(hit)).forEach((mark) => mark.classList.toggle("lit", is));
    }
  };
  for (const name of ["mouseover", "focusin"]) document.addEventListener(name, (event) => light(event, true));
  for (const name of ["mouseout", "focusout"]) document.addEventListener(name, (event) => light(event, false));

  // ---- News ------------------------------------------------------------------------------------------------------------

  /** Cases that came while a list is open. They are told, and shown when asked for: nothing moves by itself. */
  const news = new Set();

  function tellNews() {
    const bar = one("#news");
    if (!bar) return;
    bar.hidden = news.size === 0;
    if (news.size === 0) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = `${news.size} ${bar.dataset.label}`;
    button.addEventListener("click", refresh);
    bar.replaceChildren(button);
    document.title = document.title.replace(/^(\(\d+\) )?/, `(${news.size}) `);
  }

  /** The list once more, with the row that was chosen and the place on the page. */
  async function refresh() {
    const kept = chosen()?.dataset.case;
    const page = await fetchPage(here()).catch(() => null);
    if (!page) return failed();
    const place = window.scrollY;
    show(page, { push: false, scroll: false });
    window.scrollTo(0, place);
    const row = kept && one(`.row[data-case="${CSS.escape(kept)}"]`);
    if (row) { row.classList.add("here"); one(".row-link", row)?.focus({ preventScroll: true }); }
  }

  function heard(kind, item) {
    for (const address of [...ahead.keys()]) if (pathOf(address) === `/console/cases/${item.id}`) ahead.delete(address);
    const row = one(`.row[data-case="${CSS.escape(item.id)}"]`);
    if (kind === "case.opened" && !row && one("#news")) { news.add(item.id); tellNews(); }
    if (row) {
      row.classList.toggle("gone", kind === "case.resolved");
      const holder = one("[data-holder]", row);
      if (holder) holder.textContent = item.claim ? holder.dataset.holder + item.claim.by : "";
    }
    const open = openCase();
    const isMine = item.claim?.by === one("#whoami")?.textContent;
    if (open?.dataset.case === item.id && !("ruled" in open.dataset) && !isMine && kind !== "case.released" && Date.now() - lastSent > 3000) {
      const activity = one("#activity");
      if (activity) activity.hidden = false;
    }
  }

  let stream = null;
  function listen() {
    const wanted = "signedIn" in document.body.dataset && document.visibilityState === "visible";
    if (wanted && !stream) {
      stream = new EventSource("/v1/events");
      stream.addEventListener("open", () => { root.dataset.live = ""; });
      stream.addEventListener("error", () => { delete root.dataset.live; });
      for (const kind of ["case.opened", "case.changed", "case.claimed", "case.released", "case.resolved"]) {
        stream.addEventListener(kind, (event) => heard(kind, JSON.parse(event.data)));
      }
    } else if (!wanted && stream) {
      stream.close();
      delete root.dataset.live;
      stream = null;
    }
  }
  // Browsers open few connections to one host: a page in the background keeps none.
  document.addEventListener("visibilitychange", listen);

  // ---- Time ------------------------------------------------------------------------------------------------------------

  /** How far the server's clock is from this one. */
  const skew = () => Number(document.body.dataset.skew || 0);

  function tick() {
    if (!document.body.dataset.skew && document.body.dataset.now) document.body.dataset.skew = Number(document.body.dataset.now) - Date.now();
    for (const toast of all("[data-until]")) {
      const left = Math.floor((Number(toast.dataset.until) - Date.now() - skew()) / 1000);
      if (left <= 0) { toast.remove(); continue; }
      const seconds = one("[data-seconds]", toast);
      if (seconds) seconds.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
    all("[data-toast=told]").forEach((toast) => {
      toast.dataset.since ||= Date.now();
      if (Date.now() - Number(toast.dataset.since) > 6000) toast.remove();
    });
    care();
  }
  setInterval(tick, 1000);

  /** While a case is open and somebody is there, it stays theirs. */
  const RENEW_MS = 4 * 60000;
  let renewed = Date.now();
  setInterval(() => {
    const open = openCase();
    if (open && "held" in open.dataset && document.visibilityState === "visible" && Date.now() - active < RENEW_MS && Date.now() - renewed > RENEW_MS) {
      renewed = Date.now();
      claimOpen();
    }
  }, 15000);

  // ---- Care ------------------------------------------------------------------------------------------------------------

  /** A break is suggested after a long time without one; ten minutes away from keys and mouse are a break. */
  const BREAK_MS = 10 * 60000;
  let active = Date.now();
  for (const name of ["keydown", "pointermove"]) document.addEventListener(name, () => { rest(); active = Date.now(); }, { passive: true });

  function rest() {
    const since = Number(sessionStorage.getItem("since") || 0);
    if (!since || Date.now() - active > BREAK_MS) sessionStorage.setItem("since", Date.now());
  }

  function care() {
    const minutes = Number(document.body.dataset.breakMinutes || 0);
    const since = Number(sessionStorage.getItem("since") || Date.now());
    if (!minutes || Date.now() - since < minutes * 60000 || one("[data-toast=break]")) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = "break";
    toast.textContent = document.body.dataset.breakText;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = document.body.dataset.breakClose;
    button.addEventListener("click", () => { sessionStorage.setItem("since", Date.now()); toast.remove(); });
    toast.append(button);
    one("#toasts")?.append(toast);
  }

  rest();
  arrived();
  listen();
})();
