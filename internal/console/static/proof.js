// Checks an entry of the log with the browser's own cryptography: the log's
// signature, the way from the entry to the signed root (RFC 9162), the signature
// of the entry's act, and that the log did not shrink since the last look.
(async () => {
  const at = document.getElementById("proof"), say = (id, text) => { const o = document.getElementById(id); if (o) o.textContent = text; };
  const d = at.dataset, verdict = (ok) => ok ? "✓ " + d.yes : "✗ " + d.no;
  const bytes = (s) => Uint8Array.from(atob(s), (c) => c.charCodeAt(0)), hex = (s) => Uint8Array.from(s.match(/../g) || [], (x) => parseInt(x, 16));
  const text = new TextEncoder(), same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  const join = (...all) => { const out = new Uint8Array(all.reduce((n, a) => n + a.length, 0)); let i = 0; for (const a of all) { out.set(a, i); i += a.length; } return out; };
  const sha = async (...all) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...all)));
  const fail = (id) => say(id, d.unable);
  let p;
  try { const r = await fetch(d.proof, { credentials: "same-origin" }); if (!r.ok) throw 0; p = await r.json(); } catch { for (const id of ["p-signed", "p-included", "p-kept"]) fail(id); return; }
  const cut = p.checkpoint.indexOf("\n\n"), note = p.checkpoint.slice(0, cut + 1), [origin, size, root] = note.split("\n");
  try {
    const [name, hash] = p.key.split("+"), raw = bytes(p.key.slice(name.length + hash.length + 2)).slice(1);
    const line = p.checkpoint.slice(cut + 2).split("\n").find((l) => l.startsWith("— " + name + " "));
    const k = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    say("p-signed", verdict(origin === name && await crypto.subtle.verify({ name: "Ed25519" }, k, bytes(line.split(" ")[2]).slice(4), text.encode(note))));
  } catch { fail("p-signed"); }
  try {
    let h = await sha(new Uint8Array([0]), bytes(p.entry)), fn = p.index, sn = p.size - 1;
    for (const s of p.path.map(hex)) {
      if (fn % 2 === 1 || fn === sn) { h = await sha(new Uint8Array([1]), s, h); while (fn % 2 === 0 && fn !== 0) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); } }
      else h = await sha(new Uint8Array([1]), h, s);
      fn = Math.floor(fn / 2); sn = Math.floor(sn / 2);
    }
    say("p-included", verdict(sn === 0 && Number(size) === p.size && same(h, bytes(root))));
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
  const name = "glovebox-checkpoint-" + origin, kept = JSON.parse(localStorage.getItem(name) || "null");
  if (!kept) say("p-kept", d.new);
  else if (kept.size === Number(size)) say("p-kept", kept.root === root ? "✓ " + d.same : "✗ " + d.other);
  else say("p-kept", kept.size < Number(size) ? "✓ " + d.grown : "✗ " + d.less);
  if (!kept || kept.size < Number(size)) localStorage.setItem(name, JSON.stringify({ size: Number(size), root }));
})();
