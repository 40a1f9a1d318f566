// The one act of the page that takes a script: asking the browser for a credential on the person's key, and sending what
// the key answered. Every sentence is in the page already; this only shows the one that is meant.
"use strict";

(() => {
  const start = document.getElementById("start");
  const waiting = document.getElementById("waiting");
  const kinds = new Map(); // word: element
  for (const e of document.querySelectorAll("[id^=problem-]")) {
    kinds.set(e.id.slice("problem-".length), e);
  }

  function say(words) {
    waiting.textContent = words;
  }

  function clear() {
    for (const e of kinds.values()) e.hidden = true;
  }

  function fail(kind) {
    say("");
    const e = kinds.get(kind) || kinds.get("failed");
    e.hidden = false;
    e.focus();
  }

  function bytes(text) {
    const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(raw, (c) => c.charCodeAt(0));
  }

  function text(buffer) {
    let raw = "";
    for (const b of new Uint8Array(buffer)) raw += String.fromCharCode(b);
    return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }

  // What browsers call what went wrong (WebAuthn Level 3 §5.1.3).
  const names = {
    NotAllowedError: "cancelled",
    AbortError: "cancelled",
    InvalidStateError: "exists",
    SecurityError: "address",
    NotSupportedError: "unsuitable",
    ConstraintError: "unsuitable",
  };

  async function send(address, body) {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      redirect: "error",
    });
    if (!answer.ok) {
      // Where nothing works the portal answers with a page; and so does a proxy that does not reach it, which passes.
      const said = await answer.json().catch(() => ({}));
      throw { kind: said.problem || (answer.status > 500 ? "" : "failed") };
    }
    return await answer.json();
  }

  // What a key has answered is too good to be lost to a moment without network.
  async function sendAgain(address, body) {
    for (let tries = 1; ; tries++) {
      try {
        return await send(address, body);
      } catch (e) {
        if (e.kind || tries === 3) throw e;
        await new Promise((go) => setTimeout(go, 1000 * tries));
      }
    }
  }

  function forCreate(options) {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    for (const c of options.excludeCredentials || []) c.id = bytes(c.id);
    return { publicKey: options };
  }

  function forServer(credential) {
    const r = credential.response;
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: {
        clientDataJSON: text(r.clientDataJSON),
        attestationObject: text(r.attestationObject),
        transports: r.getTransports ? r.getTransports() : [],
      },
    };
  }

  async function activate() {
    const options = await send(start.dataset.begin, {});
    let credential;
    try {
      credential = await navigator.credentials.create(forCreate(options.publicKey));
    } catch (e) {
      throw { kind: names[e.name] || "failed" };
    }
    say(waiting.dataset.sending);
    await sendAgain(start.dataset.end, forServer(credential));
  }

  function done() {
    document.getElementById("before").hidden = true;
    const after = document.getElementById("done");
    after.hidden = false;
    const title = after.querySelector("h1");
    document.title = title.textContent;
    window.scrollTo(0, 0);
    title.focus();
  }

  // Problems of the link itself have pages of their own, which the server shows.
  const ofLink = ["used", "withdrawn", "expired", "unknown", "pass"];

  async function press() {
    start.disabled = true;
    clear();
    say(waiting.dataset.text);
    try {
      await activate();
      done();
    } catch (e) {
      if (ofLink.includes(e.kind)) {
        location.reload();
        return;
      }
      fail(e.kind || "network");
      start.textContent = start.dataset.again;
    }
    start.disabled = false;
  }

  if (!window.isSecureContext) {
    fail("insecure");
  } else if (!window.PublicKeyCredential || !navigator.credentials) {
    fail("browser");
  } else {
    start.hidden = false;
    start.addEventListener("click", press);
  }
})();
