// Passkeys: making one, signing an act with one, logging in with one. The server
// says what is to be signed; the person reads it on the page; the passkey signs
// its digest and nothing else.
const bytes = (s) => Uint8Array.from(atob(s.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const post = async (path, body) => {
  const r = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "same-origin" });
  const x = await r.json();
  if (!r.ok) throw new Error(x.error);
  return x;
};
// The challenge of an act is SHA-256 of a prefix and of its bytes.
const challenge = async (act) => {
  const head = new TextEncoder().encode("glovebox act v1\n"), all = new Uint8Array(head.length + act.length);
  all.set(head);
  all.set(act, head.length);
  return crypto.subtle.digest("SHA-256", all);
};
const named = (list) => list.map((id) => ({ type: "public-key", id: bytes(id) }));
const sign = async (act, known) => {
  const c = await navigator.credentials.get({ publicKey: { challenge: await challenge(bytes(act)), allowCredentials: named(known), userVerification: "required" } });
  const r = c.response;
  return { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: {}, response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature) } };
};
const ways = {
  async sign(f) {
    return post(`/sign/${f.dataset.name}/passkey`, { act: f.dataset.act, passkey: await sign(f.dataset.act, JSON.parse(f.dataset.known)), next: f.dataset.next });
  },
  async login(f) {
    const { act } = await post("/login/passkey/act", { user: f.elements.user.value });
    return post("/login/passkey", { act, passkey: await sign(act, []), next: f.dataset.next });
  },
  async make(f) {
    const q = await post("/me/passkeys/request", {});
    const c = await navigator.credentials.create({ publicKey: { challenge: bytes(q.challenge), rp: { id: q.site, name: q.domain }, user: { id: bytes(q.handle), name: q.user, displayName: q.user },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }], excludeCredentials: named(q.known), attestation: "none", authenticatorSelection: { residentKey: "required", userVerification: "required" } } });
    const r = c.response;
    const passkey = { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: {}, response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject) } };
    return post("/me/passkeys", { challenge: q.challenge, passkey, label: f.elements.label.value });
  },
};
for (const f of document.querySelectorAll("form[data-passkey]")) {
  if (!navigator.credentials || !window.PublicKeyCredential) continue; // the page says how else
  f.hidden = false;
  f.addEventListener("submit", async (e) => {
    e.preventDefault();
    const out = f.querySelector("output"), b = f.querySelector("button");
    b.disabled = true;
    out.textContent = "";
    try {
      location.assign((await ways[f.dataset.passkey](f)).next);
    } catch (err) {
      out.textContent = err.name === "NotAllowedError" ? f.dataset.stopped : err.message;
      b.disabled = false;
    }
  });
}
