// Checks the log with the browser's own cryptography: the log's signature, the way
// from an entry to the signed root and from the checkpoint of the last look to this
// one (RFC 9162, 2.1.3.2 and 2.1.4.2), and the signature of the entry's act.
(async () => {
  const at = document.getElementById("proof"), say = (id, text) => { const o = document.getElementById(id); if (o) o.textContent = text; };
  const d = at.dataset, verdict = (ok, yes, no) => ok ? "✓ " + (yes || d.yes) : "✗ " + (no || d.no);
  const bytes = (s) => Uint8Array.from(atob(s), (c) => c.charCodeAt(0)), hex = (s) => Uint8Array.from(s.match(/../g) || [], (x) => parseInt(x, 16));
  const text = new TextEncoder(), same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  const join = (...all) => { const out = new Uint8Array(all.reduce((n, a) => n + a.length, 0)); let i = 0; for (const a of all) { out.set(a, i); i += a.length; } return out; };
  const sha = async (...all) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...all)));
  const node = (left, right) => sha(new Uint8Array([1]), left, right), half = (n) => Math.floor(n / 2);
  const fail = (id) => say(id, d.unable);
  const get = async (path) => { const r = await fetch(path, { credentials: "same-origin" }); if (!r.ok) throw new Error(path); return r.json(); };
  const head = (p) => { const cut = p.checkpoint.indexOf("\n\n"), note = p.checkpoint.slice(0, cut + 1), [origin, size, root] = note.split("\n"); return { note, origin, size: Number(size), root, key: p.key, sigs: p.checkpoint.slice(cut + 2).split("\n") }; };
  const raw = (key) => { const [name, hash] = key.split("+"); return bytes(key.slice(name.length + hash.length + 2)).slice(1); };
  const signed = async (key, sig, msg) => crypto.subtle.verify({ name: "Ed25519" }, await crypto.subtle.importKey("raw", raw(key), { name: "Ed25519" }, false, ["verify"]), sig, text.encode(msg));

  // extend says whether a tree begins with the one that was kept.
  const extend = async (kept, h, proof) => {
    const path = proof.map(bytes);
    if (Number.isInteger(Math.log2(kept.size))) path.unshift(bytes(kept.root));
    let fn = kept.size - 1, sn = h.size - 1;
    while (fn % 2 === 1) { fn = half(fn); sn = half(sn); }
    if (!path.length) return false;
    let fr = path[0], sr = path[0];
    for (const c of path.slice(1)) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) { fr = await node(c, fr); sr = await node(c, sr); while (fn % 2 === 0 && fn !== 0) { fn = half(fn); sn = half(sn); } }
      else sr = await node(sr, c);
      fn = half(fn); sn = half(sn);
    }
    return sn === 0 && same(fr, bytes(kept.root)) && same(sr, bytes(h.root));
  };
  // linked says whether the key that was kept handed over to the one of now.
  const linked = async (h, from, keys) => {
    for (const l of keys.split("\n").filter((x) => x.startsWith("{")).map((x) => JSON.parse(x))) {
      if (l.from !== from) continue;
      const what = "glovebox key v1\n" + h.origin + "\n" + l.index + "\n" + l.from + "\n" + l.to + "\n";
      if (!await signed(l.from, bytes(l.endorsed), what) || !await signed(l.to, bytes(l.accepted), what)) return false;
      from = l.to;
    }
    return from === h.key;
  };

  const store = "glovebox-checkpoint", kept = JSON.parse(localStorage.getItem(store) || "null");
  let p, h, way;
  try {
    for (let i = 0; i < 5; i++) { // the log may grow between two answers: they have to be of one size
      p = await get(d.proof || "/consistency/0");
      h = head(p);
      way = kept && kept.size < h.size || kept && kept.key !== h.key ? await get("/consistency/" + Math.min(kept.size, h.size)) : null;
      if (!way || way.checkpoint === p.checkpoint) break;
    }
    if (way && way.checkpoint !== p.checkpoint) throw new Error("the log grows too fast");
  } catch { for (const id of ["p-signed", "p-included", "p-kept", "p-act"]) fail(id); return; }
  let good = false;
  try {
    const name = h.key.split("+")[0], line = h.sigs.find((l) => l.startsWith("— " + name + " "));
    good = h.origin === name && await signed(h.key, bytes(line.split(" ")[2]).slice(4), h.note);
    say("p-signed", verdict(good));
  } catch { fail("p-signed"); }
  if (d.proof) try {
    let n = await sha(new Uint8Array([0]), bytes(p.entry)), fn = p.index, sn = p.size - 1;
    for (const s of p.path.map(hex)) {
      if (fn % 2 === 1 || fn === sn) { n = await node(s, n); while (fn % 2 === 0 && fn !== 0) { fn = half(fn); sn = half(sn); } }
      else n = await node(n, s);
      fn = half(fn); sn = half(sn);
    }
    say("p-included", verdict(sn === 0 && h.size === p.size && p.index === Number(d.index) && same(n, bytes(h.root))));
  } catch { fail("p-included"); }
  if (d.key) try {
    const payload = bytes(d.payload), pae = join(text.encode("DSSEv1 " + d.type.length + " " + d.type + " " + payload.length + " "), payload), sig = bytes(d.signature);
    if (d.scheme === "ed25519") {
      const k = await crypto.subtle.importKey("spki", bytes(d.key), { name: "Ed25519" }, false, ["verify"]);
      say("p-act", verdict(await crypto.subtle.verify({ name: "Ed25519" }, k, sig, pae)));
    } else if (d.scheme === "webauthn-es256") {
      const a = JSON.parse(new TextDecoder().decode(sig)), client = bytes(a.client_data_json);
      const c = JSON.parse(new TextDecoder().decode(client)), want = await sha(text.encode("glovebox act v1\n"), payload);
      const given = bytes(c.challenge.replace(/-/g, "+").replace(/_/g, "/"));
      const der = bytes(a.signature), part = (i) => { const n = der[i + 1]; let v = der.slice(i + 2, i + 2 + n); while (v.length > 32) v = v.slice(1); return [join(new Uint8Array(32 - v.length), v), i + 2 + n]; };
      const [r, next] = part(2), [s] = part(next);
      const k = await crypto.subtle.importKey("spki", bytes(d.key), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
      const flags = bytes(a.authenticator_data)[32];
      const ok = (flags & 5) === 5 && await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, k, join(r, s), join(bytes(a.authenticator_data), await sha(client)));
      say("p-act", verdict(ok && c.type === "webauthn.get" && same(given, want)));
    } else fail("p-act");
  } catch { fail("p-act"); }
  // What was kept stays until the log is shown to go on from it.
  let fits = true, word = d.new;
  if (kept) try {
    if (kept.origin !== h.origin || !await linked(h, kept.key, way ? way.keys : "")) [fits, word] = [false, d.other];
    else if (kept.size > h.size) [fits, word] = [false, d.less];
    else if (kept.size === h.size) [fits, word] = [kept.root === h.root, kept.root === h.root ? d.same : d.other];
    else { fits = await extend(kept, h, way.proof); word = fits ? d.grown : d.other; }
    word = verdict(fits, word, word);
  } catch { fits = false; word = d.unable; }
  say("p-kept", word);
  if (good && fits) localStorage.setItem(store, JSON.stringify({ origin: h.origin, size: h.size, root: h.root, key: h.key }));
  const forget = document.getElementById("p-forget");
  if (!fits && forget) { forget.hidden = false; forget.querySelector("button").addEventListener("click", () => { localStorage.removeItem(store); location.reload(); }); }
})();
